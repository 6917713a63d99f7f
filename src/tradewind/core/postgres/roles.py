"""Databases and their two roles: the owner migrates, the app role works under row security."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tradewind.core.errors import OperatorError

OWNER = "tradewind_owner"
EXTENSIONS = ("pg_trgm",)
LONGEST_NAME = 63 - len("_app")

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database is, as its owner (migrations) and as the application (the rest)."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)


def app_role(database: str) -> str:
    """Give the name of the database's application role; OperatorError for too long a name."""
    if not database or len(database.encode()) > LONGEST_NAME:
        raise OperatorError(
            f"A database name wants 1 to {LONGEST_NAME} bytes, got {database!r}: its "
            "application role is called after it."
        )
    return f"{database}_app"


def derived_password(secret: bytes, role: str) -> str:
    """Give the role's password, always the same for the same secret."""
    return hmac.new(secret, f"postgres role {role}".encode(), hashlib.sha256).hexdigest()


def make_role(connection: Connection, role: str, password: str) -> None:
    """See to it that the role may log in with this password and do nothing beyond its grants."""
    exists = one(connection, "select 1 from pg_roles where rolname = %s", role)
    verb = sql.SQL("alter role" if exists else "create role")
    # A new role has no rights of its own; naming them would want rights we may not have.
    statement = sql.SQL("{} {} login password {}")
    connection.execute(statement.format(verb, sql.Identifier(role), sql.Literal(password)))


def make_database(connection: Connection, database: str, *, owner: str) -> None:
    """See to it that the UTF-8 database exists and belongs to the owner."""
    if not one(connection, "select 1 from pg_database where datname = %s", database):
        statement = sql.SQL("create database {} owner {} encoding 'UTF8' template template0")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(owner)))


def make_extensions(connection: Connection) -> None:
    """Switch on, in this database, the extensions we use where the server has them."""
    for name in EXTENSIONS:
        known = "select 1 from pg_available_extensions where name = %s"
        there = "select 1 from pg_extension where extname = %s"
        if one(connection, known, name) and not one(connection, there, name):
            statement = sql.SQL("create extension if not exists {}")
            connection.execute(statement.format(sql.Identifier(name)))


def grant_app(connection: Connection, *, database: str, owner: str, app: str) -> None:
    """Let the app role use what the owner has made and will make in schema public; no more."""
    names = {
        "db": sql.Identifier(database),
        "app": sql.Identifier(app),
        "owner": sql.Identifier(owner),
    }
    later = "alter default privileges for role {owner} in schema public "
    for text in (
        "grant connect, temporary on database {db} to {app}",
        "grant usage on schema public to {app}",
        "grant select, insert, update, delete on all tables in schema public to {app}",
        "grant usage, select, update on all sequences in schema public to {app}",
        later + "grant select, insert, update, delete on tables to {app}",
        later + "grant usage, select, update on sequences to {app}",
    ):
        connection.execute(sql.SQL(text).format(**names))


def refuse_mighty(connection: Connection, app: str) -> None:
    """Raise OperatorError when the role could walk around row-level security."""
    query = "select rolsuper or rolbypassrls from pg_roles where rolname = %s"
    if one(connection, query, app):
        raise OperatorError(
            f"The application's database role {app} is a superuser or may bypass row-level "
            "security; it wants a role that is neither."
        )


def one(connection: Connection, query: LiteralString, *values: object) -> Any:
    """Give the first column of the first row, None when there is no row."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]
