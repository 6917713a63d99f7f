"""Who gets a conversation, and who gets what a colleague leaves behind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.web.inbox_helpers import conversation, make_channel
from tradewind.identity.models import Membership
from tradewind.inbox.models import Conversation
from tradewind.routing import services as routing
from tradewind.routing.assignment import Candidate, choose


def colleague(*languages: str, person: int = 1, load: int = 0) -> Candidate:
    return Candidate(person, None, frozenset(languages), capacity=10, load=load)


@pytest.mark.parametrize(
    ("listed", "language"),
    [("pt-BR", "pt-BR"), ("pt", "pt-BR"), ("pt-BR", "pt"), ("zh", "zh-Hans"), ("zh", "zh-Hant"),
     ("zh-CN", "zh-Hans"), ("zh-Hant", "zh-TW"), ("hi", "hi-Latn"), ("hi-IN", "hi-Latn"),
     ("tl", "fil"), ("no", "nb")],
)  # fmt: skip
def test_a_colleague_answers_in_their_language_however_its_code_is_written(
    listed: str, language: str
) -> None:
    assert colleague(listed).speaks(language)


@pytest.mark.parametrize(
    ("listed", "language"), [("pt", "es"), ("zh-Hans", "zh-TW"), ("zh-Hant", "zh-Hans"), ("de", "")]
)
def test_a_colleague_answers_in_no_other(listed: str, language: str) -> None:
    assert not colleague(listed).speaks(language)


def test_those_who_answer_in_just_this_language_come_first_then_the_least_busy() -> None:
    anybody, busy, free = (
        colleague(person=1),
        colleague("de", person=2, load=5),
        colleague("de", "fr", person=3, load=1),
    )
    assert choose([anybody, busy, free], "de") is free
    assert choose([anybody, busy, free], "ja") is anybody
    assert choose([colleague("de", load=10)], "de") is None


def test_what_a_removed_colleague_had_goes_to_others_or_is_seen_by_all(
    in_alices: SimpleNamespace,
) -> None:
    channel, people = make_channel(), in_alices.people
    mine = [conversation(channel, f"m{n}", f"Where is my parcel {n}?") for n in range(3)]
    Conversation.objects.update(assignee=people.bob)
    Conversation.objects.filter(pk=mine[2].pk).update(state="resolved")
    Membership.objects.exclude(person=people.bob).update(on_duty=False)
    Membership.objects.filter(person=people.lena).update(on_duty=True, capacity=1)
    routing.remove_person(in_alices.alice, Membership.objects.get(person=people.bob).pk)
    held = list(Conversation.objects.order_by("pk").values_list("assignee", flat=True))
    assert sorted(held[:2], key=str) == sorted([people.lena.pk, None], key=str)
    assert held[2] is None
