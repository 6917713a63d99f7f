"""The sample's data files as values: people, stores, products, lanes, and what was written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation as it was written, its slots still open."""

    key: str
    language: str
    intent: str
    threats: tuple[str, ...]
    platform: str
    product: str
    state: str
    buyer: str
    country: str
    subject: str
    # (who, hours after the first message, text); who: b buyer, a agent, n note.
    turns: tuple[tuple[str, float, str], ...]

    @property
    def words(self) -> str:
        """Everything said in it."""
        return "\n".join((self.subject, *(text for _, _, text in self.turns)))


@dataclass(frozen=True, slots=True)
class StoreSeed:
    """A shop, and how its platform numbers orders."""

    name: str
    platform: str
    country: str
    currency: str
    timezone: str
    serves: Sequence[str]
    market: str
    order: Sequence[str]


@dataclass(frozen=True, slots=True)
class PersonSeed:
    """A colleague; ``pen`` is how they sign to buyers who read no Chinese, Japanese or Korean."""

    name: str
    pen: str
    email: str
    role: str
    languages: Sequence[str] = ()
    team: int | None = None
    capacity: int = 60
    on_duty: bool = True
    timezone: str = "Asia/Shanghai"

    @property
    def answers(self) -> bool:
        """Whether they write to buyers."""
        return self.role in ("agent", "lead")


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold; ``names`` by language."""

    model: str
    sku: str
    usd: float
    names: Mapping[str, str]
    variants: Sequence[str] = field(default_factory=list)

    def name_in(self, language: str) -> str:
        """What it is called in a language, else in English."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Lane:
    """How parcels reach a country; without a hub they come from Shenzhen through customs."""

    currency: str
    carriers: Sequence[str]
    cities: Sequence[str]
    hub: str = ""


def table(name: str) -> dict[str, Any]:
    """A TOML file of the sample by its bare name."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def words() -> dict[str, Any]:
    """What people of the sample write beside conversations."""
    return table("words")


def scripts() -> list[Script]:
    """Every written conversation, in a fixed order."""
    found = []
    for path in sorted((_FOLDER / "conversations").glob("*.jsonl")):
        language = path.stem.split("-")[0]
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if line.strip():
                found.append(_script(f"{path.stem}:{number}", language, orjson.loads(line)))
    return found


def _script(key: str, language: str, given: Mapping[str, Any]) -> Script:
    return Script(
        key=key,
        language=language,
        intent=given["intent"],
        threats=tuple(given["threats"]),
        platform=given["platform"],
        product=given["product"],
        state=given["state"],
        buyer=given["buyer"],
        country=given["country"],
        subject=given.get("subject", ""),
        turns=tuple((who, float(hours), text) for who, hours, text in given["turns"]),
    )


@cache
def stores() -> list[StoreSeed]:
    """The shops; the first of a platform serves whoever no other does."""
    return [StoreSeed(**given) for given in table("stores")["stores"]]


def store_for(platform: str, country: str) -> StoreSeed:
    """The shop that a buyer of this country uses; mail and bot belong to the own site."""
    platform = {"email": "shopify", "telegram": "shopify"}.get(platform, platform)
    found = [store for store in stores() if store.platform == platform]
    return next((store for store in found if country in store.serves), found[0])


@cache
def people() -> list[PersonSeed]:
    """Everyone but the owner."""
    return [PersonSeed(**given) for given in table("people")["people"]]


@cache
def products() -> dict[str, Product]:
    """What is sold, by the name that conversations use."""
    return {name: Product(**given) for name, given in table("products").items()}


@cache
def lanes() -> dict[str, Any]:
    """Hubs, carriers and events."""
    return table("lanes")


@cache
def lane_to(country: str) -> Lane:
    """The way to a country."""
    countries = lanes()["countries"]
    return Lane(**countries.get(country, countries["*"]))


@cache
def profiles() -> dict[str, dict[str, Any]]:
    """What lies behind a conversation, by problem."""
    return table("cases")
