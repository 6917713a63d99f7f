"""The shipped reader stays as good as it was: a fast sample; `make evaluate` reads everything."""

from __future__ import annotations

from tradewind.nlp import corpus
from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.evaluation.bars import fallen
from tradewind.nlp.evaluation.report import evaluate

EVERY = 8
SLACK = 0.05
"""What a sample of some 430 messages may differ from the whole by chance alone."""


def test_no_figure_has_fallen_below_its_bar() -> None:
    rows = list(corpus.read_all("held_out"))[::EVERY]
    report = evaluate(default_cascade(), rows)
    assert fallen(report.figures, slack=SLACK) == []


def test_what_has_nothing_to_do_with_a_shop_gets_no_shop_label() -> None:
    rows = corpus.read_negative()[:: EVERY // 2]
    found = default_cascade().read([row.as_text() for row in rows])
    alone = [reading for reading in found if reading.confidence >= 0.9]
    wrong = [r for r in alone if r.intent not in {"other.unclear", "other.spam", "feedback.praise"}]
    assert len(wrong) <= 0.1 * len(found)
