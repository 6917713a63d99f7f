"""Teaching the encoder: every field at once, from labelled messages in every language."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tradewind.nlp.training.examples import FIELDS, UNKNOWN, Batch, Examples
from tradewind.nlp.training.network import LabelNetwork

_IMPORTANCE = {"intent": 1.0, "complaint": 0.5, "emotion": 0.5, "urgency": 0.35, "threats": 1.0}
_LANGUAGE_IMPORTANCE = 0.15
_SMOOTHING = {"intent": 0.05}
_LITTLE_SMOOTHING = 0.02
_LAYER_DECAY = 0.9
_HEAD_RATE = 15
_WARM = 0.08
_LEAST_RATE = 0.02
_STEEPEST = 1.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """How to teach; the defaults made the shipped model."""

    epochs: int = 5
    batch: int = 32
    rate: float = 2e-4
    drop: float = 0.1
    seed: int = 7


def teach(
    network: LabelNetwork,
    examples: Examples,
    lesson: Lesson,
    *,
    keep: Path | None = None,
    told: Callable[[str], None] = print,
) -> None:
    """Change the network in place; ``keep`` holds the state between epochs to resume from.

    The same examples, lesson and machine give the same network.
    """
    torch.manual_seed(lesson.seed)
    groups = list(_groups(network, lesson.rate))
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in groups]
    steps = math.ceil(len(examples.rows) / lesson.batch) * lesson.epochs
    done = _resumed(network, optimizer, keep)
    for epoch in range(done, lesson.epochs):
        chance = random.Random(lesson.seed * 1000 + epoch)  # noqa: S311  # to be repeatable
        network.train()
        total = 0.0
        for n, batch in enumerate(examples.batches(lesson.batch, chance)):
            step = epoch * steps // lesson.epochs + n
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * _schedule(step, steps)
            loss = _loss(network, batch, lesson.drop)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), _STEEPEST)
            optimizer.step()
            total += float(loss.detach()) * len(batch.numbers)
        told(f"epoch {epoch + 1} of {lesson.epochs}: loss {total / len(examples.rows):.3f}")
        if keep:
            state = {"epoch": epoch + 1, "optimizer": optimizer.state_dict()}
            torch.save(state | {"network": network.state_dict()}, keep)


def _resumed(network: LabelNetwork, optimizer: torch.optim.Optimizer, keep: Path | None) -> int:
    if keep is None or not keep.exists():
        return 0
    state = torch.load(keep)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"])


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / (steps * _WARM)) * max(_LEAST_RATE, 1 - step / steps)


def _groups(network: LabelNetwork, rate: float) -> Iterator[dict[str, Any]]:
    """Lower layers learn more slowly, so that what the base knows of languages stays."""
    layers = list(network.encoder.layers)
    for n, layer in enumerate(layers):
        yield {
            "params": list(layer.parameters()),
            "lr": rate * _LAYER_DECAY ** (len(layers) - 1 - n),
        }
    entry = [network.encoder.places, network.encoder.kind, *network.encoder.norm.parameters()]
    yield {"params": entry, "lr": rate * 0.3}
    heads = [*network.weigh.parameters(), *network.label.parameters()]
    yield {"params": [*heads, *network.language.parameters()], "lr": rate * _HEAD_RATE}


def _loss(network: LabelNetwork, batch: Batch, drop: float) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
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


@torch.no_grad()
def scores_of(network: LabelNetwork, examples: Examples) -> tuple[Tensor, Tensor]:
    """The scores of labels and of languages of every example, in their order."""
    network.eval()
    labels = torch.zeros(len(examples.rows), sum(network.fields))
    languages = torch.zeros(len(examples.rows), network.language.out_features)
    for batch in examples.plain_batches(32):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found, _, tongues, _ = network(batch.vectors, batch.mask)
        labels[batch.numbers] = found.float()
        languages[batch.numbers] = tongues.float()
    return labels, languages
