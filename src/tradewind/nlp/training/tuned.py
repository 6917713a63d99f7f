"""Fine-tuning an encoder on a seller's own labels, up to the folder that runs without PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tradewind.nlp.examples import Example
from tradewind.nlp.own import tuned as own
from tradewind.nlp.own.pieces import cutter_of
from tradewind.nlp.training.bases import start_from
from tradewind.nlp.training.export import ease, write_network
from tradewind.nlp.training.keeping import STATE, finish, mark_of
from tradewind.nlp.training.kept_back import judged, labels_of, split, what_was_seen
from tradewind.nlp.training.loop import Lesson, teach
from tradewind.nlp.training.losses import balanced, label_loss
from tradewind.nlp.training.network import Labeller
from tradewind.nlp.training.texts import Texts
from tradewind.nlp.training.tuning import Tuning

_LESSON = "lesson.pt"
_SHOWN_TO_EASE = 256


def teach_tuned(
    examples: Sequence[Example],
    tuning: Tuning,
    out: Path,
    *,
    told: Callable[[int, str], None] | None = None,
) -> dict[str, Any]:
    """Write a model's folder and give its card.

    A tenth is kept back: to stop by, to calibrate on, and to tell the figures of. The same
    examples, tuning and machine give the same model. Broken off, it goes on from ``out/state``.
    """
    labels = labels_of(examples)
    wanted = np.array([labels.index(each.label) for each in examples])
    back, learned = split(wanted, tuning.seed)
    state = out / STATE
    state.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(tuning.seed)
    start = start_from(tuning.base, [examples[n].text for n in learned], state)
    network = Labeller(start.encoder, fields=[len(labels)], size=start.size).to(_device())
    cutter = cutter_of(state, start.pieces)
    lost = _loss(tuning, wanted[learned].tolist(), len(labels))
    pieces = [cutter.split(each.text).ids for each in examples]
    course = Texts(pieces, wanted, learned=learned, back=back, cutter=cutter, lost=lost)
    mark = mark_of(examples, tuning.as_dict(), start.mark)
    lesson = _lesson(tuning)
    epochs = teach(network, course, lesson, keep=state / _LESSON, mark=mark, told=told)
    _write(network, course, state / own.NETWORK)
    card = _card(labels, tuning) | {
        **what_was_seen(examples, learned, back),
        "version": out.name,
        "rate": lesson.rate,
        "epochs": epochs,
        "pieces": start.pieces,
    }
    card |= _judged(state, card, [examples[n].text for n in back], wanted[back])
    finish(out, card, [own.NETWORK, *cutter.files])
    return card


def _judged(state: Path, card: dict[str, Any], texts: list[str], wanted: Any) -> dict[str, Any]:
    """What runs is judged, not what was taught: int8 costs a little."""
    model = own.load(state, card)
    return judged(card["labels"], np.stack([model.scores(text) for text in texts]), wanted)


def _card(labels: list[str], tuning: Tuning) -> dict[str, Any]:
    return tuning.as_dict() | {"kind": own.KIND, "labels": labels, "temperature": 1.0}


def _loss(tuning: Tuning, wanted: list[int], labels: int) -> Callable[..., torch.Tensor]:
    weights = balanced(wanted, labels).to(_device()) if tuning.class_weights else None
    return partial(label_loss, weights=weights, focus=tuning.focus)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _lesson(tuning: Tuning) -> Lesson:
    return Lesson(
        epochs=tuning.epochs,
        batch=tuning.batch,
        rate=tuning.chosen_rate,
        seed=tuning.seed,
        patience=tuning.patience,
    )


def _write(network: Labeller, course: Texts, path: Path) -> None:
    """The network as it will run."""
    network.cpu()
    eased = ease(network, course.alone(course.learned[:_SHOWN_TO_EASE]))
    (text,) = course.alone(course.learned[:1])
    write_network(eased, text, path, given=own.INPUT, names=own.OUTPUTS)
