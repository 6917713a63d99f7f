"""What a network loses by its scores of labels of which one is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def label_loss(
    scores: Tensor, wanted: Tensor, *, weights: Tensor | None = None, focus: float = 0.0
) -> Tensor:
    """The mean of -w (1 - p)^focus log p, p the chance of the wanted label, w its weight.

    ``scores`` are texts x labels. Without a focus that is cross entropy, with one focal loss
    (Lin et al. 2017): what is known already counts less.
    """
    logs = functional.log_softmax(scores.float(), dim=1).gather(1, wanted[:, None])[:, 0]
    each = -logs
    if focus:
        each = (1 - logs.exp()) ** focus * each
    if weights is not None:
        each = weights[wanted] * each
    return each.mean()


def balanced(wanted: Sequence[int], labels: int) -> Tensor:
    """A weight a label, so that each label's texts weigh alike together; 1 on the mean text."""
    counts = Counter(wanted)
    return torch.tensor(
        [len(wanted) / (labels * counts[n]) if counts[n] else 0.0 for n in range(labels)]
    )
