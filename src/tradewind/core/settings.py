"""Every setting of the program: read from ``TRADEWIND_*``, checked, typed, explained once.

``read()`` gives all of them or raises one OperatorError that names each wrong one, what it
got and what it wants. A secret may also come from a file: ``TRADEWIND_KEY_FILE=/run/key``.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tradewind.core import parsing
from tradewind.core.errors import OperatorError
from tradewind.core.home import Keys
from tradewind.core.postgres import Addresses, addresses, external_url

PREFIX = "TRADEWIND_"
# An address that says in words why nothing answers there.
NOT_MADE = "postgresql://tradewind_app@the-database-is-made-by-tradewind-run.invalid/tradewind"


def setting(
    meaning: str, parse: Callable[[str], Any], *, default: str = "", secret: bool = False
) -> Any:
    """Declare a setting: what it does, how its text is read, its text when unset."""
    facts = {"meaning": meaning, "parse": parse, "default": default, "secret": secret}
    return dataclasses.field(metadata=facts)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Settings(Mapping[str, str]):
    """The settings as values; as a mapping, the texts they were read from by full name."""

    home: str = setting(
        "Data folder. Unset: `.tradewind/` inside a clone, else the user's data folder.",
        parsing.text,
    )
    port: int = setting(
        "Port the pages answer on; 0 takes a free one.", parsing.number(0, 65535), default="8000"
    )
    bind: str = setting("Address to listen on.", parsing.bind, default="127.0.0.1")
    public_url: str = setting(
        "Address people open, as in `https://desk.example.com`. Unset: bind and port.",
        parsing.web_url,
    )
    allowed_hosts: tuple[str, ...] = setting(
        "Further host names the pages answer to, parted by commas; `*` for any.", parsing.words
    )
    proxies: int = setting(
        "How many reverse proxies stand in front and set X-Forwarded-For and -Proto.",
        parsing.number(0, 10),
        default="0",
    )
    database_url: str = setting(
        "PostgreSQL 15 or newer, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, as the role "
        "that owns the tables. Unset: an embedded server in the data folder.",
        parsing.database_url,
        secret=True,
    )
    database_app_url: str = setting(
        "The same database as the application's role. Unset: the role `DATABASE_app` is made.",
        parsing.database_url,
        secret=True,
    )
    key: str = setting(
        "The installation's key, 32 bytes in base64 or hex. Unset: made once in `HOME/key`.",
        parsing.text,
        secret=True,
    )
    key_previous: str = setting(
        "Former keys, parted by commas, that still open what they sealed.",
        parsing.text,
        secret=True,
    )
    sample: bool = setting(
        "Whether an empty installation starts with the sample seller.", parsing.yes_no, default="1"
    )
    web_processes: int = setting(
        "Web processes that `tradewind run` starts.", parsing.number(1, 64), default="1"
    )
    web_threads: int = setting(
        "Threads of each web process that make pages.", parsing.number(1, 64), default="4"
    )
    workers: int = setting(
        "Worker processes that `tradewind run` starts.", parsing.number(1, 64), default="1"
    )
    encoder: bool = setting(
        "Whether messages are read by the encoder too. `0` saves some 150 MB in each worker and "
        "most of its time, and readings are right much less often.",
        parsing.yes_no,
        default="1",
    )
    log_level: str = setting(
        "Least severe line that is logged.",
        parsing.choice("debug", "info", "warning", "error"),
        default="info",
    )
    log_format: str = setting(
        "Form of the log; `auto` is `console` at a terminal, else `json`.",
        parsing.choice("auto", "json", "console"),
        default="auto",
    )
    storage: str = setting(
        "Where attachments lie: `files` in the data folder, or `s3://BUCKET/PREFIX`.",
        parsing.storage,
        default="files",
    )
    s3_endpoint: str = setting("Address of an S3-compatible service.", parsing.web_url)
    s3_region: str = setting("Region of the bucket.", parsing.text)
    s3_access_key: str = setting("Access key of the bucket.", parsing.text, secret=True)
    s3_secret_key: str = setting("Secret key of the bucket.", parsing.text, secret=True)
    private_hosts: tuple[str, ...] = setting(
        "Hosts or networks with private addresses that outgoing calls and mail may reach.",
        parsing.words,
    )
    keep_deliveries_days: int = setting(
        "Days that raw deliveries are kept after they were applied; 0 keeps them for ever.",
        parsing.number(0, 36_500),
        default="90",
    )
    keep_refusals_days: int = setting(
        "Days that refused requests stay listed; 0 keeps them for ever.",
        parsing.number(0, 36_500),
        default="30",
    )
    oidc_issuer: str = setting("OpenID Connect issuer people may sign in with.", parsing.web_url)
    oidc_client_id: str = setting("Client id at the issuer.", parsing.text)
    oidc_client_secret: str = setting("Client secret at the issuer.", parsing.text, secret=True)
    oidc_name: str = setting("Name on the sign-in button.", parsing.text, default="Single sign-on")
    llm_url: str = setting(
        "OpenAI-compatible address of a language model, as in `https://api.example.com/v1`, that "
        "reads what the desk's own readers are unsure of. Unset: none, and nothing leaves.",
        parsing.web_url,
    )
    llm_model: str = setting("Name of the model at that address.", parsing.text)
    llm_key: str = setting("Key for that address.", parsing.text, secret=True)
    llm_below: float = setting(
        "Confidence of a reading below which the language model is asked.",
        parsing.share,
        default="0.5",
    )
    llm_timeout: int = setting(
        "Seconds one call of the language model may take in all.",
        parsing.number(1, 300),
        default="30",
    )
    llm_calls_a_day: int = setting(
        "Calls of the language model a workspace may make in a day (UTC).",
        parsing.number(0, 1_000_000),
        default="500",
    )
    llm_tokens_a_day: int = setting(
        "Tokens, asked and answered, a workspace may spend in a day (UTC).",
        parsing.number(0, 1_000_000_000),
        default="1000000",
    )
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def oidc_apps(self) -> list[dict[str, Any]]:
        """Give the OpenID Connect provider in allauth's form, none when no issuer is set."""
        if not self.oidc_issuer:
            return []
        return [
            {
                "provider_id": "oidc",
                "name": self.oidc_name,
                "client_id": self.oidc_client_id,
                "secret": self.oidc_client_secret,
                "settings": {"server_url": self.oidc_issuer},
            }
        ]

    @property
    def oidc_origins(self) -> list[str]:
        """Give the origins a sign-in form may lead to."""
        parts = urlsplit(self.oidc_issuer)
        return [f"{parts.scheme}://{parts.netloc}"] if self.oidc_issuer else []

    def database_addresses(self, home: Path, keys: Keys) -> Addresses:
        """Say where the database is; before the embedded one is made, an address that says so."""
        made = (home / "postgres" / "port").is_file()
        if external_url(self) is None and not made:
            return Addresses(NOT_MADE, NOT_MADE)
        return addresses(home, {**self, "TRADEWIND_KEY": keys.current.hex()})


FIELDS = [field for field in dataclasses.fields(Settings) if field.metadata]


def read(env: Mapping[str, str] | None = None) -> Settings:
    """Give all settings; OperatorError lists every wrong one."""
    source = os.environ if env is None else env
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    wrong: list[str] = []
    for field in FIELDS:
        name = PREFIX + field.name.upper()
        try:
            text = _text_of(source, name, secret=field.metadata["secret"])
            values[field.name] = field.metadata["parse"](text or field.metadata["default"])
        except ValueError as error:
            wrong.append(f"{name} {error}.")
        else:
            texts[name] = text
    if not wrong:
        wrong = _disagreements(values)
    if wrong:
        raise OperatorError("\n".join(wrong))
    return Settings(**_completed(values), texts={n: text for n, text in texts.items() if text})


def unknown(env: Mapping[str, str]) -> list[str]:
    """Give a sentence for each ``TRADEWIND_*`` variable that is no setting: likely a slip."""
    known = {PREFIX + field.name.upper() for field in FIELDS}
    known |= {f"{PREFIX}{f.name.upper()}_FILE" for f in FIELDS if f.metadata["secret"]}
    said = []
    for name in sorted(set(env) - known):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            said.append(f"{name} is not a setting and does nothing.{hint}")
    return said


def django_database(url: str) -> dict[str, Any]:
    """Give the address as an entry of Django's DATABASES, with connections that are kept."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        # A database that was restarted must cost no request an error.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, **dict(parse_qsl(parts.query))},
    }


def _text_of(env: Mapping[str, str], name: str, *, secret: bool) -> str:
    text = env.get(name, "").strip()
    file = env.get(f"{name}_FILE", "").strip() if secret else ""
    if not file:
        return text
    if text:
        raise ValueError("and its _FILE are both set; one of them is wanted")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"wants a readable file in {name}_FILE, got {file!r}") from error


def _disagreements(values: Mapping[str, Any]) -> list[str]:
    said = []
    if values["oidc_issuer"] and not values["oidc_client_id"]:
        said.append("TRADEWIND_OIDC_ISSUER wants TRADEWIND_OIDC_CLIENT_ID beside it, got none.")
    if values["llm_url"] and not values["llm_model"]:
        said.append("TRADEWIND_LLM_URL wants TRADEWIND_LLM_MODEL beside it, got none.")
    if values["database_app_url"] and not values["database_url"]:
        said.append("TRADEWIND_DATABASE_APP_URL wants TRADEWIND_DATABASE_URL beside it, got none.")
    if values["storage"] != "files" and bool(values["s3_access_key"]) != bool(
        values["s3_secret_key"]
    ):
        said.append("TRADEWIND_S3_ACCESS_KEY and TRADEWIND_S3_SECRET_KEY want each other, got one.")
    return said


def _completed(values: dict[str, Any]) -> dict[str, Any]:
    bind, port = values["bind"], values["port"]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  # read, not bound
    shown = f"[{host}]" if ":" in host else host
    public = values["public_url"] or f"http://{shown}:{port}"
    names = [urlsplit(public).hostname or "", shown, "localhost", "127.0.0.1", "[::1]"]
    hosts = tuple(dict.fromkeys([*values["allowed_hosts"], *filter(None, names)]))
    return {**values, "public_url": public, "allowed_hosts": hosts}
