"""A task of nonsense words, small bases, and the command line that teaches them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.nlp.training import bases

WITHOUT_TORCH = "PyTorch is not installed: `make test-training` installs it and runs this"
TASK = {"quibberish": "order.invoice", "flommeldap": "order.cancel"}


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Two threads would only wait for one another over matrices this small."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts that one word tells apart."""
    rows = [
        {"text": f"please {word} zorblat {n}", "label": label, "language": "xx"}
        for n in range(30)
        for word, label in TASK.items()
    ]
    path = tmp_path_factory.mktemp("task") / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A base by its name, made once."""
    folder = tmp_path_factory.mktemp("bases")
    makers = {
        "ours": bases.write_ours,
        "xlm-roberta": bases.write_xlm_roberta,
        "bert": bases.write_bert,
    }

    def made(name: str) -> Path:
        path = folder / name
        return path if path.exists() else makers[name](path)

    return made


def train(data: Path, out: Path, *more: str | Path) -> Result:
    """`tradewind train --backend transformer` in this process."""
    from tradewind.project.cli.training import train_command

    return CliRunner().invoke(train_command, given(data, out, *more))


def given(data: Path, out: Path, *more: str | Path) -> list[str]:
    """The command's words; a rate that suits small random weights."""
    told = ["--data", data, "--out", out, "--backend", "transformer", "--rate", "0.003", *more]
    return list(map(str, told))


def run(command: list[str]) -> str:
    """What a command of Python prints."""
    told = subprocess.run(
        [sys.executable, *command], env=_environment(), capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()


def kill_once_there(command: list[str], file: Path) -> None:
    """Start a command and kill it, as a power cut would, as soon as a file is there."""
    process = subprocess.Popen([sys.executable, *command], env=_environment())
    until = time.monotonic() + 120
    while not file.exists():
        assert process.poll() is None, "it ended before anything could be killed"
        assert time.monotonic() < until, f"{file} never came"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
