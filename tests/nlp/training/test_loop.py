"""A lesson ends in time, gives its best network, and goes on with none but its own state."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sentencepiece import SentencePieceProcessor

from tests.nlp.training.conftest import WITHOUT_TORCH
from tradewind.core.errors import OperatorError

torch = pytest.importorskip("torch", reason=WITHOUT_TORCH)

from tradewind.nlp.training.loop import Lesson, gentle_groups, teach  # noqa: E402
from tradewind.nlp.training.network import Encoder, Labeller  # noqa: E402
from tradewind.nlp.training.pieces import write_pieces  # noqa: E402


class Judged:
    """A course whose judge says what the test wants, and remembers each epoch's network."""

    texts, judged = 4, 2

    def __init__(self, figures: list[float]) -> None:
        self.figures, self.networks = figures, []

    def batches(self, size: int, chance: random.Random) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(numbers=[0, 1, 2, 3])

    def loss(self, network: Labeller, batch: SimpleNamespace, drop: float) -> torch.Tensor:
        return network(torch.ones(4, 3, 8), None, drop)[0].square().mean()

    def judge(self, network: Labeller) -> float:
        self.networks.append(network.label.bias.detach().clone())
        return self.figures[len(self.networks) - 1]


class Cut(Judged):
    """A course whose texts are cut into pieces by chance; remembers how."""

    def __init__(self, pieces: SentencePieceProcessor) -> None:
        super().__init__([0.1] * 9)
        self.pieces, self.cuts = pieces, []

    def batches(self, size: int, chance: random.Random) -> Iterator[SimpleNamespace]:
        text = "aabbabababbaabbabab" * 3
        self.cuts.append(self.pieces.encode(text, enable_sampling=True, alpha=0.1, nbest_size=-1))
        yield from super().batches(size, chance)


@pytest.fixture
def pieces(tmp_path: Path) -> SentencePieceProcessor:
    marks = {"unknown": 3, "start": 0, "pad": 1, "end": 2}
    words = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "a", "b", "ab", "ba", "aab", "bab"]
    write_pieces(words, [-2.0] * len(words), marks, tmp_path / "pieces.spm")
    return SentencePieceProcessor(model_file=str(tmp_path / "pieces.spm"))


def test_texts_are_cut_by_the_same_chance_again_and_when_resumed(
    network: Labeller, pieces: SentencePieceProcessor, tmp_path: Path
) -> None:
    whole, again, resumed = Cut(pieces), Cut(pieces), Cut(pieces)
    teach(network, whole, Lesson(epochs=3))
    teach(network, again, Lesson(epochs=3))
    teach(network, resumed, Lesson(epochs=1), keep=tmp_path / "state")
    teach(network, resumed, Lesson(epochs=3), keep=tmp_path / "state")
    assert whole.cuts == again.cuts == resumed.cuts
    assert whole.cuts[0] != whole.cuts[1]


@pytest.fixture
def network() -> Labeller:
    torch.manual_seed(3)
    encoder = Encoder(size=8, heads=2, inner=16, positions=4, layers=2)
    return Labeller(encoder, fields=[2], size=8)


def test_it_stops_when_patience_ends_and_gives_the_best_network(network: Labeller) -> None:
    course = Judged([0.5, 0.7, 0.6, 0.7, 0.9])
    assert teach(network, course, Lesson(epochs=5, patience=2)) == 4
    assert torch.equal(network.label.bias, course.networks[1])
    assert not torch.equal(network.label.bias, course.networks[3])


def test_without_patience_it_goes_to_the_end(network: Labeller) -> None:
    course = Judged([0.5, 0.4, 0.3, 0.2])
    assert teach(network, course, Lesson(epochs=4)) == 4
    assert torch.equal(network.label.bias, course.networks[0])


def test_the_state_of_another_lesson_is_refused(network: Labeller, tmp_path: Path) -> None:
    teach(network, Judged([0.5]), Lesson(epochs=1), keep=tmp_path / "state", mark="one")
    with pytest.raises(OperatorError, match="other texts or settings"):
        teach(network, Judged([0.5]), Lesson(epochs=2), keep=tmp_path / "state", mark="two")


def test_every_weight_is_taught_once_and_lower_layers_more_slowly(network: Labeller) -> None:
    groups = list(gentle_groups(network, 1.0))
    taught = [id(each) for group in groups for each in group["params"]]
    assert sorted(taught) == sorted(map(id, network.parameters()))
    assert [group["lr"] for group in groups] == pytest.approx([0.9, 1.0, 0.3, 15])


def test_what_is_told_grows_to_the_end(network: Labeller) -> None:
    told: list[tuple[int, str]] = []
    course = Judged([0.5, 0.6])
    teach(network, course, Lesson(epochs=2), told=lambda done, line: told.append((done, line)))
    assert [done for done, _ in told] == [4, 6, 10, 12]
    assert "epoch 2 of 2: loss" in told[-1][1]
    assert "macro-F1 0.600" in told[-1][1]
