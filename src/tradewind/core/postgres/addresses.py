"""Where the database of an installation is, and how it is made ready."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tradewind.core import parsing
from tradewind.core.errors import OperatorError
from tradewind.core.home import keys
from tradewind.core.postgres import roles
from tradewind.core.postgres.cluster import Cluster
from tradewind.core.postgres.programs import OLDEST_MAJOR
from tradewind.core.postgres.roles import Addresses, Connection

DATABASE = "tradewind"
CONNECT_SECONDS = 15


def embedded_cluster(home: Path, **options: Any) -> Cluster:
    """Give the embedded server of this data folder, started or not."""
    return Cluster(home / "postgres", **options)


def addresses(home: Path, env: Mapping[str, str]) -> Addresses:
    """Say where the database is, without touching it.

    Raises OperatorError when the embedded database has not been made yet.
    """
    owner_url = external_url(env)
    if owner_url is None:
        return _embedded_addresses(embedded_cluster(home), DATABASE)
    given = env.get("TRADEWIND_DATABASE_APP_URL", "").strip()
    if given:
        return Addresses(owner_url, _checked("TRADEWIND_DATABASE_APP_URL", given))
    return _external_addresses(owner_url, keys(home, env).current)


def prepare(home: Path, env: Mapping[str, str], *, cluster: Cluster | None = None) -> Addresses:
    """Make database and roles ready and say where they are; starts the embedded server.

    Safe to repeat. Raises OperatorError in words for the operator.
    """
    owner_url = external_url(env)
    if owner_url is None:
        server = cluster or embedded_cluster(home)
        server.start()
        return prepare_database(server, DATABASE)
    given = addresses(home, env)
    if env.get("TRADEWIND_DATABASE_APP_URL", "").strip():
        _check_pair(given)
        return given
    return prepare_external(owner_url, keys(home, env).current)


def prepare_database(cluster: Cluster, name: str) -> Addresses:
    """Make the named database and its roles on the running embedded server; safe to repeat."""
    found = _embedded_addresses(cluster, name)
    app = roles.app_role(name)
    with connect(cluster.superuser_url) as connection:
        for role, url in ((roles.OWNER, found.owner_url), (app, found.app_url)):
            if not _answers(url) or not _is_role(connection, role):
                roles.make_role(connection, role, _secret_of(cluster, role))
        roles.make_database(connection, name, owner=roles.OWNER)
        lock = sql.SQL("revoke all on database {} from public")
        connection.execute(lock.format(sql.Identifier(name)))
    with connect(cluster.url(database=name)) as connection:
        roles.make_extensions(connection)
        roles.grant_app(connection, database=name, owner=roles.OWNER, app=app)
    return found


def prepare_external(url: str, key: bytes) -> Addresses:
    """Make the app role in the owner's database, its password derived from the key.

    Raises OperatorError when the server is too old or the owner may not create roles.
    """
    found = _external_addresses(url, key)
    database = _database_of(url)
    app = roles.app_role(database)
    with connect(url) as connection:
        _check_version(connection)
        owner = roles.one(connection, "select current_user::text")
        if not _answers(found.app_url):
            _check_may_create_roles(connection, owner=owner, app=app)
            roles.make_role(connection, app, roles.derived_password(key, app))
        roles.refuse_mighty(connection, app)
        roles.make_extensions(connection)
        roles.grant_app(connection, database=database, owner=owner, app=app)
    return found


def connect(url: str) -> Connection:
    """Open an autocommitting connection; OperatorError names host and cause, no password."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        parts = urlsplit(url)
        where = f"{parts.hostname or 'local socket'}:{parts.port or 5432}{parts.path}"
        said = " ".join(str(error).split())
        raise OperatorError(f"The database at {where} does not let us in: {said}") from error


def external_url(env: Mapping[str, str]) -> str | None:
    """Give ``TRADEWIND_DATABASE_URL``, None when the embedded server is meant."""
    given = env.get("TRADEWIND_DATABASE_URL", "").strip()
    return _checked("TRADEWIND_DATABASE_URL", given) if given else None


def _checked(name: str, url: str) -> str:
    try:
        return parsing.database_url(url)
    except ValueError as error:
        raise OperatorError(f"{name} {error}.") from error


def _embedded_addresses(cluster: Cluster, name: str) -> Addresses:
    app = roles.app_role(name)
    owner_url = cluster.url(
        user=roles.OWNER, password=_secret_of(cluster, roles.OWNER), database=quote(name)
    )
    app_url = cluster.url(user=quote(app), password=_secret_of(cluster, app), database=quote(name))
    return Addresses(owner_url, app_url)


def _external_addresses(url: str, key: bytes) -> Addresses:
    app = roles.app_role(_database_of(url))
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(app, safe='')}:{roles.derived_password(key, app)}@{host}"
    kept = [(k, v) for k, v in parse_qsl(parts.query) if k not in {"user", "password"}]
    return Addresses(url, urlunsplit((parts.scheme, netloc, parts.path, urlencode(kept), "")))


def _database_of(url: str) -> str:
    return unquote(urlsplit(url).path.strip("/"))


def _secret_of(cluster: Cluster, role: str) -> str:
    return roles.derived_password(cluster.password.encode(), role)


def _is_role(connection: Connection, role: str) -> bool:
    return bool(roles.one(connection, "select 1 from pg_roles where rolname = %s", role))


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS):
            return True
    except psycopg.OperationalError:
        return False


def _check_version(connection: Connection) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST_MAJOR:
        raise OperatorError(f"PostgreSQL {OLDEST_MAJOR} or newer is wanted, got {version}.")


def _check_may_create_roles(connection: Connection, *, owner: str, app: str) -> None:
    query = "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
    if not roles.one(connection, query):
        raise OperatorError(
            f"The role {owner} of TRADEWIND_DATABASE_URL may not create the application's role "
            f"{app}. Give it CREATEROLE, or create a role that is neither superuser nor "
            "BYPASSRLS yourself and name it in TRADEWIND_DATABASE_APP_URL."
        )


def _check_pair(given: Addresses) -> None:
    with connect(given.app_url) as connection:
        _check_version(connection)
        app = roles.one(connection, "select current_user::text")
        roles.refuse_mighty(connection, app)
    with connect(given.owner_url) as connection:
        owner = roles.one(connection, "select current_user::text")
        roles.make_extensions(connection)
        database = _database_of(given.owner_url)
        roles.grant_app(connection, database=database, owner=owner, app=app)
