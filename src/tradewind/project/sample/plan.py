"""The whole sample as values, before a row is written: the same every time for the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from tradewind.project.sample import slots
from tradewind.project.sample.buyers import BuyerSeed, buyers_of
from tradewind.project.sample.data import (
    PersonSeed,
    Script,
    StoreSeed,
    people,
    products,
    scripts,
    store_for,
)
from tradewind.project.sample.numbers import Numbers
from tradewind.project.sample.sales import Ask, Sale, sale_of, sku_of
from tradewind.project.sample.schedule import start_of

_SIGNS_AS_WRITTEN = {"zh", "ja", "ko"}


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said: who (b buyer, a agent, n note), when, what."""

    who: str
    at: datetime
    text: str


@dataclass(slots=True)
class Case:
    """One conversation with everything behind it."""

    script: Script
    rng: Random
    store: StoreSeed
    agent: PersonSeed
    buyer: BuyerSeed
    sale: Sale | None
    subject: str
    turns: list[Turn] = field(default_factory=list)
    thread: str = ""

    @property
    def last_at(self) -> datetime:
        """When something was last said to or by the buyer."""
        return max(turn.at for turn in self.turns if turn.who != "n")


def plan(now: datetime, *, every: int = 1) -> list[Case]:
    """Every case, oldest last word first, those still open last; ``every`` 10 takes a tenth."""
    chosen = scripts()[::every]
    buyers, numbers = buyers_of(chosen), Numbers()
    cases = [_case(script, buyers[script.key], now=now, numbers=numbers) for script in chosen]
    return sorted(cases, key=lambda case: (case.script.state == "open", case.last_at))


def _case(script: Script, buyer: BuyerSeed, *, now: datetime, numbers: Numbers) -> Case:
    rng = Random(f"case {script.key}")  # noqa: S311  # sample data, the same every time
    store = store_for(script.platform, script.country)
    start = start_of(script, now=now, rng=rng)
    ask = Ask(script, store, buyer, start, now, rng, numbers)
    sku = sku_of(ask)
    sale = sale_of(ask, sku=sku)
    case = Case(script, rng, store, _agent(script.language, rng), buyer, sale, subject="")
    values = _values(case, ask, sku)
    case.turns = [
        Turn(who, at := start + timedelta(hours=hours), _text(case, who, at, text, values))
        for who, hours, text in script.turns
    ]
    case.subject = _text(case, "b", start, script.subject, values)
    case.thread = numbers.shaped(_THREADS.get(script.platform, "T%###########"), rng)
    return case


_THREADS = {"telegram": "6%########", "amazon": "AMZ@@#@@#@@#@@#@", "ebay": "1%##########"}


def _agent(language: str, rng: Random) -> PersonSeed:
    """Somebody who answers in the language, else one who answers in any."""
    answering = [person for person in people() if person.answers]
    speaking = [person for person in answering if language in person.languages]
    return rng.choice(speaking or [person for person in answering if not person.languages])


def _values(case: Case, ask: Ask, sku: str) -> dict[str, str]:
    script, sale, product = case.script, case.sale, products()[case.script.product]
    price = sale.price if sale else slots.price_in(ask.currency, product.usd)
    return {
        "order": sale.number if sale else "",
        "tracking": sale.parcel.number if sale and sale.parcel else "",
        "sku": sku,
        "item": product.model,
        "price": slots.money(price, ask.currency, language=script.language),
        "date": _day(case, sale.placed_at) if sale else "",
        "first": case.buyer.first_name(script.language),
        "agent": _pen(case.agent, script.language),
    }


def _pen(agent: PersonSeed, language: str) -> str:
    name = agent.name.split()[0] if language == "ja" else agent.name
    return name if language in _SIGNS_AS_WRITTEN and not name.isascii() else agent.pen


def _text(case: Case, who: str, at: datetime, text: str, values: dict[str, str]) -> str:
    """A text with its slots filled; a buyer who waits names a day gone by, others one to come."""
    if not slots.needs(text):
        return text
    is_late = who == "b" and case.script.intent == "logistics.delay"
    parcel = case.sale.parcel if case.sale else None
    eta = parcel.eta if parcel and is_late else _to_come(parcel.eta if parcel else None, at, case)
    return slots.fill(text, values | {"eta": _day(case, eta)})


def _to_come(eta: datetime | None, at: datetime, case: Case) -> datetime:
    is_fit = eta is not None and at < eta < at + timedelta(days=9)
    return eta if eta and is_fit else at + timedelta(days=case.rng.uniform(1.2, 4))


def _day(case: Case, at: datetime) -> str:
    return slots.day(at, language=case.script.language, country=case.script.country)


def by_buyer(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The cases of each buyer, by the buyer's key."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.buyer.key, []).append(case)
    return found
