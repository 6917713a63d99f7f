"""One PostgreSQL for the whole run, one database per worker, and a small cast of people.

Alice owns a workspace with Bob (agent), Rita (read-only) and Lena (lead); Charlie owns another and
must see nothing of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import django
import django.test
import psycopg
import pytest

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def _start_database() -> str:
    """Before Django's settings are read: a cluster of our own, found by the workers again.

    Gives the address of this worker's database as the owner of its tables.
    """
    from tradewind.core.postgres import Cluster, prepare_database

    if "TRADEWIND_TEST_ROOT" not in os.environ:
        root = tempfile.mkdtemp(prefix="tradewind-tests-")
        Path(root).chmod(0o711)
        os.environ["TRADEWIND_TEST_ROOT"] = root
    root = Path(os.environ["TRADEWIND_TEST_ROOT"])
    cluster = Cluster(root / "postgres", fast=True)
    cluster.start()
    found = prepare_database(cluster, f"tw_{_WORKER}")
    home = root / f"home-{_WORKER}"
    home.mkdir(exist_ok=True)
    for name in [n for n in os.environ if n.startswith("TRADEWIND_") and "TEST" not in n]:
        del os.environ[name]
    os.environ |= {
        "TRADEWIND_HOME": str(home),
        "TRADEWIND_DATABASE_URL": found.owner_url,
        "TRADEWIND_DATABASE_APP_URL": found.app_url,
        "TRADEWIND_PRIVATE_HOSTS": "127.0.0.0/8,::1",
        "TRADEWIND_SAMPLE": "0",
    }
    return found.owner_url


# Django's settings name the database, so they must not be read before there is one: the settings
# module is named here and not in pyproject.toml, which pytest-django would read first.
OWNER_URL = _start_database()
os.environ["DJANGO_SETTINGS_MODULE"] = "tradewind.project.settings"
django.setup()
# Workers inherit this environment, and with a settings module in it pytest-django would read the
# settings before this file has made the worker's own database.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the database when the run is over."""
    import shutil

    from tradewind.core.postgres import Cluster

    if _WORKER != "main" or hasattr(config, "workerinput"):
        return
    root = Path(os.environ["TRADEWIND_TEST_ROOT"])
    Cluster(root / "postgres", fast=True).stop()
    shutil.rmtree(root, ignore_errors=True)


def _empty_tables(_: object) -> None:
    """What ``django_db(transaction=True)`` leaves behind goes through the owner.

    The application's role, as which tests run, may not truncate.
    """
    keep = ("django_migrations", "django_content_type", "auth_permission")
    with psycopg.connect(OWNER_URL, autocommit=True) as owner:
        # Something that hangs on to a lock must fail the test, not the whole run.
        owner.execute("SET lock_timeout = '20s'")
        rows = owner.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND NOT tablename = ANY(%s)",
            [list(keep)],
        ).fetchall()
        owner.execute(f"TRUNCATE {', '.join(row[0] for row in rows)} RESTART IDENTITY CASCADE")


django.test.TransactionTestCase._fixture_teardown = _empty_tables


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> None:
    """Migrate the worker's database as its owner; tests then run as the application's role."""
    from tradewind.project.migrate import migrate

    with django_db_blocker.unblock():
        migrate()


@pytest.fixture(autouse=True)
def _leave_every_workspace() -> Iterator[None]:
    yield
    from tradewind.identity import scope

    scope._workspace.set(None)
    scope._person.set(None)
    # Truncated tables begin anew at 1, and so would what is kept by their numbers.
    from tradewind.triage import problem_map

    problem_map._kept.clear()


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """Two workspaces and their people; every password is ``correct horse battery``."""
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def in_alices(cast: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """The cast, with Alice's workspace entered."""
    from tradewind.identity.scope import in_workspace

    with in_workspace(cast.workspace.pk):
        yield cast
