"""The figures of the report are what their names say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tradewind.nlp.contract import Entities, Reading, Text
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.evaluation import measures
from tradewind.nlp.evaluation.page import TITLES, as_html
from tradewind.nlp.evaluation.report import evaluate


class Parrot:
    """Says of each text what it was told to say."""

    version = "parrot"

    def __init__(self, said: dict[str, Reading]) -> None:
        self._said = said

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        return [self._said[text.text] for text in texts]


def reading(intent: str, confidence: float = 1.0, also: Sequence[str] = ()) -> Reading:
    return Reading(
        language="de",
        intent=intent,
        confidence=confidence,
        also=list(also),
        complaint="none",
        emotion="calm",
        threats=[],
        urgency="normal",
        entities=Entities(order_ids=["#1042"]),
        evidence=[],
        model="parrot",
    )


def row(text: str, intent: str, group: str = "de") -> Labelled:
    numbers = (("order_id", 0, 5),) if text.startswith("#1042") else ()
    return Labelled(text, group, "de-AT", intent, (), "none", "calm", (), "normal", numbers)


def test_shares_are_means_over_languages_and_the_weakest_is_told() -> None:
    rows = [
        row("a", "order.cancel"),
        row("b", "order.cancel"),
        row("c", "order.cancel"),
        row("d", "order.cancel", group="fr"),
    ]
    said = {
        "a": reading("order.cancel"),
        "b": reading("order.cancel"),
        "c": reading("order.change", also=["order.cancel"]),
        "d": reading("product.size"),
    }
    report = evaluate(Parrot(said), rows)
    assert report.figures["intent"] == pytest.approx((2 / 3 + 0) / 2)
    assert report.figures["intent_worst"] == 0
    assert report.groups["de"]["intent_in_three"] == 1
    assert report.groups["de"]["top_level"] == 1
    assert report.confusions == [
        ("order.cancel", "order.change", 1),
        ("order.cancel", "product.size", 1),
    ]


def test_a_region_is_not_held_against_the_language_and_numbers_count_exactly() -> None:
    rows = [row("#1042 please cancel", "order.cancel"), row("stop it", "order.cancel")]
    said = {each.text: reading("order.cancel") for each in rows}
    figures = evaluate(Parrot(said), rows).figures
    assert figures["language"] == 1
    assert figures["numbers"] == pytest.approx(2 / 3)  # one found rightly, one invented


def test_where_nothing_is_to_be_found_nothing_found_is_right() -> None:
    rows = [row("a", "order.cancel"), row("b", "order.cancel")]
    said = {each.text: reading("order.cancel") for each in rows}
    figures = evaluate(Parrot(said), rows).figures
    assert (figures["threats"], figures["implicit"]) == (1, 1)
    assert figures["numbers"] == 0, "two were invented"
    said["a"].threats, said["b"].complaint = ["legal"], "implicit"
    figures = evaluate(Parrot(said), rows).figures
    assert (figures["threats"], figures["implicit"]) == (0, 0)


def test_calibration_error_is_the_distance_between_confidence_and_being_right() -> None:
    error, _ = measures.calibration([0.9] * 10, [True] * 5 + [False] * 5)
    assert error == pytest.approx(0.4)
    error, bins = measures.calibration([0.5] * 10 + [1.0], [True] * 5 + [False] * 5 + [True])
    assert error == pytest.approx(0)
    assert bins == [(0.5, 0.5, 10), (1.0, 1.0, 1)]


def test_the_bar_to_act_is_the_lowest_that_holds_the_precision() -> None:
    curve = measures.coverage_curve([0.9, 0.8, 0.7, 0.6], [True, True, False, True])
    assert curve == [(0.9, 0.25, 1.0), (0.8, 0.5, 1.0), (0.7, 0.75, 2 / 3), (0.6, 1.0, 0.75)]
    assert measures.bar_for(curve, 0.98) == (0.8, 0.5)
    assert measures.bar_for(curve[2:], 0.98) == (1.0, 0.0)


def test_the_page_names_every_figure_and_escapes_what_it_shows() -> None:
    report = evaluate(Parrot({"a": reading("order.cancel")}), [row("a", "order.change")])
    assert set(report.figures) == set(TITLES)
    page = as_html(report)
    assert "Intent, weakest language" in page
    assert "<script" not in page
