"""Learning's pages for those who manage, those who label, and those who may neither."""

from __future__ import annotations

from types import SimpleNamespace

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.web.inbox_helpers import conversation, make_channel, signed_in
from tradewind.learning import labelling, tasks
from tradewind.learning.models import Label, LabelItem, LabelTask
from tradewind.learning.services import registry
from tradewind.triage import problem_map
from tradewind.web.learning.urls import urlpatterns

LABEL = {
    "intent": "logistics.delay", "complaint": "explicit", "emotion": "angry", "urgency": "high",
    "threats": ["legal"], "language": "de",
}  # fmt: skip
MANAGED = {
    "learning_task_new", "learning_import", "learning_move", "learning_state", "learning_export",
    "learning_settle", "learning_models", "learning_back", "learning_end_challenge",
    "learning_model", "learning_use", "learning_challenge",
}  # fmt: skip


@pytest.fixture
def world(in_alices: SimpleNamespace, settings, tmp_path) -> SimpleNamespace:
    settings.HOME = tmp_path
    channel = make_channel()
    for n in range(3):
        conversation(channel, f"m{n}", f"Wo bleibt mein Paket {n}? Ich bin wütend!")
    in_alices.task = tasks.make_task(in_alices.lena, "First", tasks.Wish())
    in_alices.label_url = reverse("learning_label", args=[in_alices.task.pk])
    return in_alices


def _url(world, name: str) -> str:
    pattern = next(p for p in urlpatterns if p.name == name)
    known = {"task_id": world.task.pk, "model": "built-in"}
    return reverse(name, kwargs={k: known[k] for k in pattern.pattern.converters})


@pytest.mark.parametrize("name", [p.name for p in urlpatterns])
def test_agents_label_leads_manage_and_readers_do_neither(world, name):
    url = _url(world, name)
    for who in ("rita", "bob", "lena"):
        browser = signed_in(getattr(world.people, who))
        got = browser.get(url).status_code
        status = browser.post(url).status_code if got == 405 else got
        closed = who == "rita" or (who == "bob" and name in MANAGED)
        assert (status == 403) == closed, (who, status)


def test_one_label_leads_to_the_next_message_and_undo_brings_it_back(world):
    bob = signed_in(world.people.bob)
    first = LabelItem.objects.order_by("position")[0]
    bob.post(world.label_url, LABEL | {"item": first.pk, "deed": "give", "also": ["order.cancel"]})
    said = Label.objects.get(item=first)
    assert said.values["intent"] == "logistics.delay"
    assert said.values["also"] == ["order.cancel"]
    assert b'name="item" value="%d"' % first.pk not in bob.get(world.label_url).content
    bob.post(reverse("learning_undo", args=[world.task.pk]))
    assert b'name="item" value="%d"' % first.pk in bob.get(world.label_url).content


def test_a_passed_message_is_kept_as_passed(world):
    bob = signed_in(world.people.bob)
    first = LabelItem.objects.order_by("position")[0]
    bob.post(world.label_url, {"item": first.pk, "deed": "pass"})
    assert Label.objects.get(item=first).values is None


def test_the_end_says_whether_colleagues_or_nobody_is_waited_for(world):
    items = list(LabelItem.objects.order_by("position"))
    for item in items:
        labelling.give(world.bob, world.task, item.pk, LABEL)
    bob = signed_in(world.people.bob)
    assert "waits for colleagues" in bob.get(world.label_url).content.decode()
    for item in items:
        labelling.give(world.alice, world.task, item.pk, LABEL)
    assert "Every message of the task is labelled" in bob.get(world.label_url).content.decode()


def test_a_label_that_is_not_whole_is_refused_with_a_sentence(world):
    bob = signed_in(world.people.bob)
    first = LabelItem.objects.order_by("position")[0]
    given = {k: v for k, v in LABEL.items() if k != "complaint"} | {"item": first.pk}
    answer = bob.post(world.label_url, given, follow=True)
    assert "complaint: got nothing" in answer.content.decode()
    assert not Label.objects.exists()


def test_nothing_but_the_language_is_ticked_beforehand(world):
    page = signed_in(world.people.bob).get(world.label_url).content.decode()
    ticked = [part for part in page.split("<input") if " checked" in part.partition(">")[0]]
    assert len(ticked) == 1
    assert 'name="language" value="de"' in ticked[0]


def test_every_choice_has_one_key_of_its_step(world):
    steps = signed_in(world.people.bob).get(world.label_url).context["steps"]
    for step in steps:
        keys = [choice.key for _, choices in step.groups for choice in choices]
        assert all(keys)
        assert len(keys) == len(set(keys)), step.field


def test_a_dispute_shows_both_side_by_side_and_is_settled_by_one(world):
    item = LabelItem.objects.order_by("position")[0]
    for actor, emotion in ((world.bob, "angry"), (world.alice, "calm")):
        labelling.give(actor, world.task, item.pk, LABEL | {"emotion": emotion})
    lena, url = signed_in(world.people.lena), reverse("learning_settle", args=[world.task.pk])
    page = lena.get(url).content.decode()
    assert page.count('class="is-apart"') == 1
    assert "Bob" in page
    assert "Alice" in page
    bobs = Label.objects.get(person=world.people.bob)
    lena.post(url, {"item": item.pk, "take": bobs.pk})
    item.refresh_from_db()
    assert (item.state, item.final["emotion"]) == ("settled", "angry")


def test_what_was_labelled_goes_out_and_comes_in(world):
    item = LabelItem.objects.order_by("position")[0]
    for actor in (world.bob, world.alice):
        labelling.give(actor, world.task, item.pk, LABEL)
    lena = signed_in(world.people.lena)
    lines = lena.get(reverse("learning_export", args=[world.task.pk])).content
    assert orjson.loads(lines)["intent"] == "logistics.delay"
    lena.post(reverse("learning_import"), {
        "import-name": "Copy", "import-labellers": "1",
        "import-file": SimpleUploadedFile("labels.jsonl", lines),
    })  # fmt: skip
    assert LabelTask.objects.get(name="Copy").items.get().final["intent"] == "logistics.delay"


def test_labels_of_a_leaf_that_has_gone_are_offered_to_be_moved(world):
    item = LabelItem.objects.order_by("position")[0]
    labelling.give(world.bob, world.task, item.pk, LABEL)
    current = problem_map.current_map()
    nodes = [n for n in current.nodes if n["code"] != "logistics.delay"]
    problem_map.change_map(world.lena, nodes, base_version=current.version)
    lena = signed_in(world.people.lena)
    assert "logistics.delay" in lena.get(reverse("learning")).content.decode()
    lena.post(reverse("learning_move"), {"was": "logistics.delay", "now": "logistics.tracking"})
    assert Label.objects.get().values["intent"] == "logistics.tracking"
    assert "logistics.delay" not in lena.get(reverse("learning")).content.decode()


def test_a_models_report_is_shown_in_the_product(world):
    report = {
        "model": "x", "messages": 7, "seconds": 1.0, "figures": {"intent": 0.912},
        "groups": {"de": dict.fromkeys(
            ("intent", "top_level", "complaint", "emotion", "urgency", "language"), 0.834,
        )},
        "leaves": {"order.cancel": {"precision": 0.512, "recall": 0.5, "f1": 0.506, "n": 3}},
        "confusions": [["order.cancel", "order.change", 2]],
        "calibration": [[0.2, 0.3, 4]], "curve": [[0.9, 0.5, 1.0]], "stages": {},
    }  # fmt: skip
    registry().keep_report("built-in", report)
    page = signed_in(world.people.lena).get(reverse("learning_model", args=["built-in"]))
    shown = page.content.decode()
    assert all(figure in shown for figure in ("0.912", "0.834", "0.512", "<polyline"))


def test_a_choice_that_cannot_be_is_told_in_a_sentence(world):
    lena = signed_in(world.people.lena)
    answer = lena.post(reverse("learning_back"), follow=True)
    assert "there was no champion before this one" in answer.content.decode()
    assert lena.post(reverse("learning_use", args=["nobody"])).status_code == 404
