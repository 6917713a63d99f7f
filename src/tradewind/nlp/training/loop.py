"""The one way in which encoders are taught here: batch by batch, resumable, stopped in time."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import sentencepiece
import torch
from torch import Tensor

from tradewind.core.errors import OperatorError
from tradewind.nlp.training.network import Labeller

_LAYER_DECAY = 0.9
_ENTRY_RATE = 0.3
_HEAD_RATE = 15
_WARM = 0.08
_LEAST_RATE = 0.02
_STEEPEST = 1.0
_WEIGHT_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Lesson:
    """How to teach; the defaults made the shipped model.

    ``patience``: so many epochs without a better figure end the lesson; 0: none does.
    """

    epochs: int = 5
    batch: int = 32
    rate: float = 2e-4
    drop: float = 0.1
    seed: int = 7
    patience: int = 0


class Course(Protocol):
    """What is taught: batches of any kind, and what is lost on one."""

    @property
    def texts(self) -> int:
        """How many are learned from in an epoch."""
        ...

    @property
    def judged(self) -> int:
        """How many the network is held against after it."""
        ...

    def batches(self, size: int, chance: random.Random) -> Iterator[Any]:
        """Every text once; a batch has the ``numbers`` of its texts."""
        ...

    def loss(self, network: Labeller, batch: Any, drop: float) -> Tensor:
        """The mean loss of a batch."""
        ...

    def judge(self, network: Labeller) -> float | None:
        """How good the network is, higher is better; None where nothing is held back for it."""
        ...


@dataclass(slots=True)
class _Standing:
    """How far a lesson is, and the ``best`` network that was judged."""

    epoch: int = 0
    figure: float = -math.inf
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None
    line: str = ""


def teach(  # what, how, and who watches
    network: Labeller,
    course: Course,
    lesson: Lesson,
    *,
    keep: Path | None = None,
    mark: str = "",
    told: Callable[[int, str], None] | None = None,
) -> int:
    """Change the network in place into the best of the lesson; gives how many epochs it took.

    ``keep`` holds the state between epochs, to resume from; ``mark`` says of which lesson it is.
    ``told`` hears how many texts were looked at, and the last epoch's figures. The same course,
    lesson and machine give the same network, broken off and resumed or not.
    """
    taught = _Taught(network, course, lesson)
    standing = _resumed(taught, keep, mark)
    looks = course.texts + course.judged
    while standing.epoch < lesson.epochs and not _is_enough(standing, lesson):
        epoch = standing.epoch
        total = 0.0
        for seen, loss in taught.epoch(epoch):
            total += loss
            if told:
                told(epoch * looks + seen, standing.line)
        standing.epoch += 1
        figure = course.judge(network)
        _compare(standing, figure, network)
        standing.line = f"epoch {epoch + 1} of {lesson.epochs}: loss {total / course.texts:.3f}" + (
            f", macro-F1 {figure:.3f}" if figure is not None else ""
        )
        if told:
            told((epoch + 1) * looks, standing.line)
        if keep:
            _keep(taught, standing, keep, mark)
    if standing.best is not None:
        network.load_state_dict(standing.best)
    return standing.epoch


def _is_enough(standing: _Standing, lesson: Lesson) -> bool:
    return 0 < lesson.patience <= standing.epoch - standing.best_epoch


def _compare(standing: _Standing, figure: float | None, network: Labeller) -> None:
    if figure is None:
        standing.best_epoch = standing.epoch
    elif figure > standing.figure:
        standing.figure, standing.best_epoch = figure, standing.epoch
        standing.best = copy.deepcopy(network.state_dict())


class _Taught:
    """A network with all that changes while it is taught."""

    def __init__(self, network: Labeller, course: Course, lesson: Lesson) -> None:
        self.network, self.course, self.lesson = network, course, lesson
        self.device = next(network.parameters()).device
        groups = list(gentle_groups(network, lesson.rate))
        self.optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
        self.rates = [group["lr"] for group in groups]
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=narrow_type(self.device) is torch.float16
        )

    def epoch(self, epoch: int) -> Iterator[tuple[int, float]]:
        """Teach one epoch; gives how many texts were seen and the sum of a batch's losses."""
        per_epoch = math.ceil(self.course.texts / self.lesson.batch)
        # Seeded anew each epoch, so that a lesson broken off goes on as if it had not been.
        seed = self.lesson.seed * 1000 + epoch
        torch.manual_seed(seed)
        # Texts are cut into pieces by chance too, with a generator of the library's own.
        sentencepiece.set_random_generator_seed(seed % 2**32)
        chance = random.Random(seed)  # noqa: S311  # to be repeatable
        self.network.train()
        seen = 0
        for n, batch in enumerate(self.course.batches(self.lesson.batch, chance)):
            self._set_rates(epoch * per_epoch + n, per_epoch * self.lesson.epochs)
            loss = self.course.loss(self.network, batch, self.lesson.drop)
            self._step(loss)
            seen += len(batch.numbers)
            yield seen, float(loss.detach()) * len(batch.numbers)

    def _set_rates(self, step: int, steps: int) -> None:
        share = min(1.0, (step + 1) / (steps * _WARM)) * max(_LEAST_RATE, 1 - step / steps)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * share

    def _step(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _STEEPEST)
        self.scaler.step(self.optimizer)
        self.scaler.update()


def gentle_groups(network: Labeller, rate: float) -> Iterator[dict[str, Any]]:
    """Lower layers learn more slowly, so that what the base knows of languages stays."""
    layers = list(network.encoder.layers)
    for n, layer in enumerate(layers):
        decay = _LAYER_DECAY ** (len(layers) - 1 - n)
        yield {"params": list(layer.parameters()), "lr": rate * decay}
    inside = {id(each) for layer in layers for each in layer.parameters()}
    entry = [each for each in network.encoder.parameters() if id(each) not in inside]
    yield {"params": entry, "lr": rate * _ENTRY_RATE}
    encoder = {id(each) for each in network.encoder.parameters()}
    heads = [each for each in network.parameters() if id(each) not in encoder]
    yield {"params": heads, "lr": rate * _HEAD_RATE}


@cache
def narrow_type(device: torch.device) -> torch.dtype | None:
    """The 16-bit type that the device reckons with fast; None: it has none."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("bf16") else None


def narrow(device: torch.device) -> torch.autocast:
    """Where this is entered, products are reckoned in 16 bits if the device is good at it."""
    found = narrow_type(device)
    return torch.autocast(device.type, dtype=found or torch.bfloat16, enabled=found is not None)


def _keep(taught: _Taught, standing: _Standing, keep: Path, mark: str) -> None:
    """Write beside, then rename: whoever is killed here keeps the state before."""
    state = {
        "mark": mark,
        "network": taught.network.state_dict(),
        "optimizer": taught.optimizer.state_dict(),
        "scaler": taught.scaler.state_dict(),
        **{name: getattr(standing, name) for name in _Standing.__slots__},
    }
    if standing.best_epoch == standing.epoch:
        state["best"] = None  # it is the network itself; large ones need not be kept twice
    part = keep.with_name(f"{keep.name}.part")
    torch.save(state, part)
    part.replace(keep)


def _resumed(taught: _Taught, keep: Path | None, mark: str) -> _Standing:
    if keep is None or not keep.exists():
        return _Standing()
    state = torch.load(keep, map_location=taught.device)
    if state.get("mark", "") != mark:
        raise OperatorError(
            f"{keep}: the state of a lesson with other texts or settings; "
            "give those again to go on with it, or delete it to begin anew"
        )
    taught.network.load_state_dict(state["network"])
    taught.optimizer.load_state_dict(state["optimizer"])
    taught.scaler.load_state_dict(state.get("scaler", {}))
    standing = _Standing(**{name: state[name] for name in _Standing.__slots__ if name in state})
    if standing.best is None and standing.figure > -math.inf:
        standing.best = state["network"]
    return standing
