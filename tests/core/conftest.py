from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.core.postgres import Cluster


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that root's service user can enter too, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="tw-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cluster(open_folder: Path) -> Iterator[Cluster]:
    server = Cluster(open_folder / "postgres", fast=True)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="tw-"))
    folder.chmod(0o711)
    server = Cluster(folder / "postgres", fast=True)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
