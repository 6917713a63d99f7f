"""The losses are those of the formulas, worked out by hand."""

from __future__ import annotations

from math import log

import pytest

from tests.nlp.training.conftest import WITHOUT_TORCH

torch = pytest.importorskip("torch", reason=WITHOUT_TORCH)

from tradewind.nlp.training.losses import balanced, label_loss  # noqa: E402

# Two texts whose wanted labels have the chances 0.8 and 0.25.
SCORES = torch.tensor([[log(0.8), log(0.2)], [log(0.75), log(0.25)]])
WANTED = torch.tensor([0, 1])


def test_without_more_it_is_cross_entropy() -> None:
    by_hand = (0.22314 + 1.38629) / 2
    assert float(label_loss(SCORES, WANTED)) == pytest.approx(by_hand, abs=1e-5)
    assert float(torch.nn.functional.cross_entropy(SCORES, WANTED)) == pytest.approx(
        by_hand, abs=1e-5
    )


def test_focal_loss_lets_go_of_what_is_known() -> None:
    by_hand = (0.2**2 * 0.22314 + 0.75**2 * 1.38629) / 2
    assert float(label_loss(SCORES, WANTED, focus=2)) == pytest.approx(by_hand, abs=1e-5)


def test_weights_count_each_text_by_its_label() -> None:
    by_hand = (0.5 * 0.22314 + 3 * 1.38629) / 2
    weights = torch.tensor([0.5, 3.0])
    assert float(label_loss(SCORES, WANTED, weights=weights)) == pytest.approx(by_hand, abs=1e-5)


def test_balanced_weights_let_labels_weigh_alike() -> None:
    assert balanced([0, 0, 0, 1], 2).tolist() == pytest.approx([4 / 6, 4 / 2])
