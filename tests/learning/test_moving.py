"""Labels follow the leaves of the problem map when these are renamed, joined or gone."""

from __future__ import annotations

import orjson
import pytest

from tests.learning.conftest import both
from tradewind.identity.errors import Invalid
from tradewind.inbox.models import Message
from tradewind.learning import labelling, moving, tasks, teaching
from tradewind.learning.models import Label
from tradewind.triage import problem_map
from tradewind.triage import services as triage


def _rename(desk, was, now):
    current = problem_map.current_map()
    nodes = [n | {"code": now} if n["code"] == was else n for n in current.nodes]
    problem_map.change_map(desk.lena, nodes, base_version=current.version)


def test_labels_follow_a_leaf_that_was_renamed(desk, task):
    item = labelling.find_next(desk.bob, task)
    both(desk, task, item)
    other = Message.objects.exclude(pk__in=task.items.values("message")).get()
    triage.correct(desk.bob, other, field="intent", now="logistics.delay")
    _rename(desk, "logistics.delay", "logistics.late")
    assert moving.leaves_gone() == [("logistics.delay", 2)]
    moving.move_leaf(desk.lena, "logistics.delay", "logistics.late")
    assert moving.leaves_gone() == []
    assert {label.values["intent"] for label in Label.objects.all()} == {"logistics.late"}
    learned = teaching.lessons()
    assert {e.label for e in learned.said} == {"logistics.late"}
    assert "logistics.delay" not in {e.label for e in learned.shipped}
    assert orjson.loads(next(tasks.export(desk.lena, task)))["intent"] == "logistics.late"


def test_two_leaves_that_became_one_are_said_once(desk, task):
    item = labelling.find_next(desk.bob, task)
    both(desk, task, item, also=["logistics.tracking"])
    current = problem_map.current_map()
    nodes = [n for n in current.nodes if n["code"] != "logistics.tracking"]
    problem_map.change_map(desk.lena, nodes, base_version=current.version)
    moving.move_leaf(desk.lena, "logistics.tracking", "logistics.delay")
    item.refresh_from_db()
    assert (item.final["intent"], item.final["also"]) == ("logistics.delay", [])


def test_a_leaf_in_use_is_not_moved_nor_is_one_moved_to_nowhere(desk, task):
    with pytest.raises(Invalid, match="in use"):
        moving.move_leaf(desk.lena, "logistics.delay", "logistics.tracking")
    with pytest.raises(Invalid, match="wanted a leaf"):
        moving.move_leaf(desk.lena, "logistics.gone", "logistics.nowhere")
