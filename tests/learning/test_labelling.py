"""Tasks, blind labels, agreement, disputes, in and out."""

from __future__ import annotations

import orjson
import pytest

from tests.journey_helpers import api_item, arrive
from tests.learning.conftest import LATE, TEXTS, arrived, both
from tradewind.identity.errors import Conflict, Invalid, NotAllowed, NotFound
from tradewind.identity.models import Membership, Role
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message
from tradewind.learning import agreement, labelling, moving, tasks, teaching
from tradewind.triage import services as triage
from tradewind.triage.models import Reading


def test_the_least_sure_come_first(desk, task):
    sure = {r.message_id: r.confidence for r in Reading.objects.all()}
    chosen = [sure[i.message_id] for i in task.items.order_by("position")]
    assert chosen == sorted(sure.values())[:3]


def test_no_message_is_chosen_that_is_in_a_task_or_corrected(desk, task):
    (left,) = Message.objects.exclude(pk__in=task.items.values("message"))
    second = tasks.make_task(desk.lena, "Second", tasks.Wish(how="newest"))
    assert [i.message_id for i in second.items.all()] == [left.pk]
    second.delete()
    triage.correct(desk.bob, left, field="intent", now="order.cancel")
    with pytest.raises(Invalid, match="no message of this kind"):
        tasks.make_task(desk.lena, "Third", tasks.Wish(how="random", seed=3))


def test_a_task_is_narrowed_by_the_newest_reading(desk):
    arrived(desk, *TEXTS)
    message = Message.objects.get(text=TEXTS[2])
    newest = Reading.objects.get(message=message)
    newest.pk, newest.model, newest.intent = None, "later", "order.invoice"
    newest.save()
    wish = tasks.Wish(how="newest", intent="order.invoice")
    found = tasks.make_task(desk.lena, "Invoices", wish).items.all()
    assert message.pk in {item.message_id for item in found}
    shown = triage.readings_of([item.message_id for item in found])
    assert {each["intent"] for each in shown.values()} == {"order.invoice"}


def test_two_who_agree_settle_a_message_and_what_they_say_besides_is_joined(desk, task):
    item = labelling.find_next(desk.bob, task)
    done = both(desk, task, item, also=["order.cancel"])
    assert done.state == "agreed"
    assert done.final == LATE | {"also": ["order.cancel"]}


def test_two_who_differ_leave_it_to_the_lead(desk, task):
    item = labelling.find_next(desk.bob, task)
    assert both(desk, task, item, emotion="calm").state == "disputed"
    assert [i.pk for i in labelling.to_settle(desk.lena, task)] == [item.pk]
    said = labelling.labels_of(desk.lena, item)
    assert [label.values["emotion"] for label in said] == ["angry", "calm"]
    settled = labelling.settle(desk.lena, task, item.pk, LATE)
    assert (settled.state, settled.final, settled.settled_by) == ("settled", LATE, desk.lena.person)
    with pytest.raises(Conflict, match="not disputed"):
        labelling.settle(desk.lena, task, item.pk, LATE)


def test_nobody_sees_a_label_before_both_are_in(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    item.refresh_from_db()
    with pytest.raises(Conflict, match="hidden"):
        labelling.labels_of(desk.lena, item)
    assert agreement.agreement_of(desk.lena, task) == []
    assert item.final is None
    assert labelling.find_next(desk.rena, task).pk == item.pk


def test_nobody_labels_a_message_twice_nor_a_third_time(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    with pytest.raises(Conflict, match="already"):
        labelling.give(desk.bob, task, item.pk, LATE)
    labelling.give(desk.rena, task, item.pk, LATE)
    with pytest.raises(Conflict, match="quicker"):
        labelling.give(desk.lena, task, item.pk, LATE)


def test_what_is_passed_over_goes_to_others_and_from_all_of_them_to_the_lead(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.pass_over(desk.bob, task, item.pk)
    assert labelling.find_next(desk.bob, task).pk != item.pk
    assert labelling.find_next(desk.rena, task).pk == item.pk
    labelling.pass_over(desk.rena, task, item.pk)
    assert [i.pk for i in labelling.to_settle(desk.lena, task)] == [item.pk]


def test_what_one_labels_and_nobody_is_left_to_label_goes_to_the_lead(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    for actor in (desk.rena, desk.alice):
        Membership.objects.filter(person=actor.person).update(role=Role.READ_ONLY)
    assert not labelling.to_settle(desk.lena, task).exists()
    labelling.pass_over(desk.lena, task, item.pk)
    assert [i.pk for i in labelling.to_settle(desk.lena, task)] == [item.pk]
    assert len(labelling.labels_of(desk.lena, item)) == 2
    assert labelling.settle(desk.lena, task, item.pk, LATE).state == "settled"


def test_what_others_said_is_settled_and_not_labelled_once_it_can_be_seen(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    for actor in (desk.rena, desk.alice):
        labelling.pass_over(actor, task, item.pk)
    assert labelling.labels_of(desk.lena, item)
    assert labelling.find_next(desk.lena, task).pk != item.pk
    with pytest.raises(Conflict, match="waits to be settled"):
        labelling.give(desk.lena, task, item.pk, LATE)
    with pytest.raises(Conflict, match="can be seen"):
        labelling.undo(desk.alice, task)


def test_undo_takes_the_newest_word_back_while_it_is_hidden(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    assert labelling.undo(desk.bob, task).pk == item.pk
    assert labelling.find_next(desk.bob, task).pk == item.pk
    with pytest.raises(Conflict, match="nothing to take back"):
        labelling.undo(desk.alice, task)


@pytest.mark.parametrize(("differs", "state"), [({}, "agreed"), ({"emotion": "calm"}, "disputed")])
def test_who_may_have_seen_what_others_said_takes_nothing_back(desk, task, differs, state):
    item = labelling.find_next(desk.bob, task)
    assert both(desk, task, item, **differs).state == state
    with pytest.raises(Conflict, match="can be seen"):
        labelling.undo(desk.rena, task)
    assert item.labels.count() == 2


def test_one_who_labels_alone_takes_back_what_counts_already(desk, task):
    alone = tasks.make_task(desk.lena, "Alone", tasks.Wish(labellers=1))
    item = labelling.find_next(desk.bob, alone)
    assert labelling.give(desk.bob, alone, item.pk, LATE).state == "agreed"
    assert labelling.undo(desk.bob, alone).state == "open"


def test_a_closed_task_gives_nothing_back(desk, task):
    item = labelling.find_next(desk.bob, task)
    labelling.give(desk.bob, task, item.pk, LATE)
    tasks.set_state(desk.lena, task, "closed")
    with pytest.raises(Conflict, match="closed"):
        labelling.undo(desk.bob, task)
    assert item.labels.count() == 1


def test_undo_takes_nothing_back_that_was_settled(desk, task):
    item = labelling.find_next(desk.bob, task)
    both(desk, task, item, emotion="calm")
    labelling.settle(desk.lena, task, item.pk, LATE)
    with pytest.raises(Conflict, match="settled"):
        labelling.undo(desk.rena, task)


@pytest.mark.parametrize(("field", "value"), [
    ("intent", "logistics.nothing"), ("intent", None), ("complaint", "loud"), ("emotion", ""),
    ("threats", ["pigeons"]), ("threats", "legal"), ("language", "German!"), ("also", ["x.y"]),
])  # fmt: skip
def test_a_label_that_is_none_is_refused(desk, task, field, value):
    item = labelling.find_next(desk.bob, task)
    with pytest.raises(Invalid, match=rf"{field}: got .* wanted"):
        labelling.give(desk.bob, task, item.pk, LATE | {field: value})


def test_agreement_is_told_by_field_with_kappa(desk, task):
    items = list(task.items.order_by("position"))
    both(desk, task, items[0])
    both(desk, task, items[1], emotion="calm", threats=[])
    labelling.give(desk.bob, task, items[2].pk, LATE)
    told = {each.field: each for each in agreement.agreement_of(desk.bob, task)}
    assert told["intent"][1:] == (2, 1.0, None)
    assert told["emotion"][1:] == (2, 0.5, 0.0)
    assert [(who.name, who.given) for who in agreement.labellers_of(desk.bob, task)] == [
        ("Bob", 3), ("Rena", 2),
    ]  # fmt: skip


def test_kappa_is_cohens(desk):
    # The example of the article's textbook version: 50 judged, 35 alike.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert agreement.kappa(pairs) == pytest.approx(0.4)


def test_out_and_in_again_is_the_same(desk, task):
    for item in task.items.all():
        both(desk, task, item)
    lines = list(tasks.export(desk.lena, task))
    row = orjson.loads(lines[0])
    assert {k: row[k] for k in LATE} == LATE
    assert row["text"] in TEXTS
    copy = tasks.take_in(desk.lena, "Copy", lines)
    assert list(tasks.export(desk.lena, copy)) == lines
    assert tasks.progress_of([copy])[copy.pk].done == 3


def test_texts_without_a_label_are_taken_in_to_be_labelled(desk):
    made = tasks.take_in(desk.lena, "New", [b'{"text": "bonjour"}', b""], labellers=1)
    item = labelling.find_next(desk.bob, made)
    assert item.said == "bonjour"
    assert labelling.give(desk.bob, made, item.pk, LATE).state == "agreed"


def test_a_labelled_line_without_a_language_gets_the_one_it_is_written_in(desk):
    line = '{"text": "请问什么时候发货", "intent": "logistics.tracking"}'.encode()
    made = tasks.take_in(desk.lena, "Bare", [line])
    (row,) = map(orjson.loads, tasks.export(desk.lena, made))
    assert (row["language"], row["intent"]) == ("zh-Hans", "logistics.tracking")


def test_wrong_lines_are_all_told_and_nothing_is_taken_in(desk):
    lines = [b'{"text": "a", "intent": "x.y", "language": "en"}', b"no", b'{"text": " "}']
    with pytest.raises(Invalid, match=r"(?s)line 1: intent: got.*line 2.*line 3: expected"):
        tasks.take_in(desk.lena, "Bad", lines)


def test_settled_labels_are_what_models_learn_from(desk, task):
    item = labelling.find_next(desk.bob, task)
    both(desk, task, item)
    assert [(e.text, e.label) for e in teaching.lessons().said] == [(item.said, "logistics.delay")]


def test_of_one_text_what_was_settled_is_the_last_word(desk):
    twice = tasks.take_in(desk.lena, "Twice", [b'{"text": "same"}'] * 2)
    first, second = twice.items.order_by("position")
    both(desk, twice, first, emotion="calm")
    labelling.settle(desk.lena, twice, first.pk, LATE)
    for actor in (desk.bob, desk.rena):
        labelling.give(actor, twice, second.pk, LATE | {"intent": "order.cancel"})
    assert [(e.text, e.label) for e in teaching.lessons().said] == [("same", "logistics.delay")]


def test_an_agent_labels_and_manages_nothing(desk, task):
    item = labelling.find_next(desk.bob, task)
    for deed in (
        lambda: tasks.make_task(desk.bob, "x", tasks.Wish()),
        lambda: tasks.take_in(desk.bob, "x", []),
        lambda: tasks.set_state(desk.bob, task, "closed"),
        lambda: list(tasks.export(desk.bob, task)),
        lambda: labelling.to_settle(desk.bob, task),
        lambda: labelling.labels_of(desk.bob, item),
        lambda: labelling.settle(desk.bob, task, item.pk, LATE),
        lambda: moving.move_leaf(desk.bob, "a.b", "logistics.delay"),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_who_only_reads_labels_nothing(desk, task):
    item = task.items.first()
    for deed in (
        lambda: tasks.visible_to(desk.rita),
        lambda: labelling.find_next(desk.rita, task),
        lambda: labelling.give(desk.rita, task, item.pk, LATE),
        lambda: labelling.undo(desk.rita, task),
        lambda: agreement.agreement_of(desk.rita, task),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_another_workspace_sees_no_task(desk, task):
    item = task.items.first()
    with in_workspace(desk.other.pk):
        with pytest.raises(NotFound):
            tasks.get_task(desk.charlie, task.pk)
        with pytest.raises(NotFound):
            labelling.give(desk.charlie, task, item.pk, LATE)


def test_a_closed_task_takes_no_labels(desk, task):
    item = labelling.find_next(desk.bob, task)
    tasks.set_state(desk.lena, task, "closed")
    assert labelling.find_next(desk.bob, task) is None
    with pytest.raises(Conflict, match="closed"):
        labelling.give(desk.bob, task, item.pk, LATE)


def test_labels_leave_without_the_buyers_data(desk):
    text = "Ring Anna Keller at +49 170 1234567, order 302-8868176-2219830 is late"
    arrive(desk.channel, api_item("m9", text, conversation="c9"))
    task = tasks.make_task(desk.lena, "One", tasks.Wish(how="newest", count=1, labellers=1))
    labelling.give(desk.lena, task, task.items.get().pk, LATE)
    (line,) = tasks.export(desk.lena, task)
    said = "Ring [name] at [phone], order 302-8868176-2219830 is late"
    assert orjson.loads(line)["text"] == said
