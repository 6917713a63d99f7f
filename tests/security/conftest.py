"""Alice's furnished workspace, and static files served as they lie."""

from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import Any

import pytest

from tests.security.world import furnish
from tradewind.api import access, conversations


@pytest.fixture(autouse=True)
def _fresh_process(settings: Any) -> None:
    """What a process remembers is of the test before, and so are models in its data folder."""
    shutil.rmtree(settings.HOME / "models", ignore_errors=True)
    access._REQUESTS._left.clear()
    conversations._audited.clear()
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def world(cast: SimpleNamespace) -> SimpleNamespace:
    """The cast with something of everything in Alice's workspace, and its ``ids``."""
    return furnish(cast)
