"""Teaching the encoder: every field at once, from labelled messages in every language."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from tradewind.nlp.training.examples import FIELDS, UNKNOWN, Batch, Examples
from tradewind.nlp.training.loop import narrow
from tradewind.nlp.training.network import Labeller

_IMPORTANCE = {"intent": 1.0, "complaint": 0.5, "emotion": 0.5, "urgency": 0.35, "threats": 1.0}
_LANGUAGE_IMPORTANCE = 0.15
_SMOOTHING = {"intent": 0.05}
_LITTLE_SMOOTHING = 0.02


@dataclass(frozen=True, slots=True)
class Fields:
    """The shipped encoder's course: every field of every message."""

    examples: Examples

    @property
    def texts(self) -> int:
        """How many messages there are."""
        return len(self.examples.rows)

    @property
    def judged(self) -> int:
        """None: what is held back is for calibration, not to stop by."""
        return 0

    def batches(self, size: int, chance: random.Random) -> Iterator[Batch]:
        """Every message once, in disguise."""
        return self.examples.batches(size, chance)

    def loss(self, network: Labeller, batch: Batch, drop: float) -> Tensor:
        """The fields' losses and a little of the language's, by their importance."""
        return _loss(network, batch, drop)

    def judge(self, network: Labeller) -> None:
        """No figure."""


def _loss(network: Labeller, batch: Batch, drop: float) -> Tensor:
    with narrow(batch.vectors.device):
        scores, _, languages, _ = network(batch.vectors, batch.mask, drop)
    scores = scores.float()
    loss = scores.new_zeros(())
    start = 0
    for name, labels in FIELDS.items():
        part = slice(start, start + len(labels))
        start += len(labels)
        if name == "threats":
            each = functional.binary_cross_entropy_with_logits(
                scores[:, part], batch.targets[:, part], reduction="none"
            ).sum(1)
        else:
            each = functional.cross_entropy(
                scores[:, part],
                batch.targets[:, part],
                reduction="none",
                label_smoothing=_SMOOTHING.get(name, _LITTLE_SMOOTHING),
            )
        loss = loss + _IMPORTANCE[name] * (each * batch.weights).mean()
    if bool((batch.languages != UNKNOWN).any()):
        loss = loss + _LANGUAGE_IMPORTANCE * functional.cross_entropy(
            languages.float(), batch.languages, ignore_index=UNKNOWN
        )
    return loss
