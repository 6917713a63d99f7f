"""The buyers of the sample, and which earlier conversations are theirs too."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tradewind.project.sample.data import Script, lane_to, store_for
from tradewind.project.sample.numbers import Numbers

# Of those for whom there is an earlier conversation that names nobody: gives one buyer in 14.
_RETURNING = 0.9
_ALIAS = {
    "amazon": "A@@#@@#@@@#@@#",
    "ebay": "{slug}_####",
    "shopify": "7%###########",
    "aliexpress": "il%########",
    "tiktok_shop": "7%#################",
    "telegram": "6%########",
    "walmart": "WM%#########",
}
_GIVEN_LAST = {"vi"}  # languages in which the given name is the last word
_WHOLE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class BuyerSeed:
    """Somebody who buys: their name, their alias on the platform, where they live."""

    key: str
    name: str
    country: str
    kind: str
    value: str
    city: str

    def first_name(self, language: str) -> str:
        """What an agent calls them."""
        parts = self.name.split() or [self.name]
        return parts[-1] if language in _GIVEN_LAST else parts[0]


def buyers_of(scripts: Sequence[Script]) -> dict[str, BuyerSeed]:
    """The buyer of each script by its key; some have written before."""
    owner = _returning(scripts)
    by_key = {script.key: script for script in scripts}
    numbers = Numbers()
    wanted = dict.fromkeys(owner.get(script.key, script.key) for script in scripts)
    made = {key: _buyer(by_key[key], numbers) for key in wanted}
    return {script.key: made[owner.get(script.key, script.key)] for script in scripts}


def _buyer(script: Script, numbers: Numbers) -> BuyerSeed:
    rng = Random(f"buyer {script.key}")  # noqa: S311  # sample data, the same every time
    slug = _slug(script.buyer)
    kind = script.platform
    if kind == "email":
        host = rng.choice(("post", "inbox", "web"))
        value = numbers.shaped(f"{slug or 'mail'}.####@{host}.example".replace("@", "\0"), rng)
        value = value.replace("\0", "@")
    else:
        form = _ALIAS[kind].replace("{slug}", slug[:14] or "kaeufer")
        value = numbers.shaped(form, rng)
    city = rng.choice(lane_to(script.country).cities)
    return BuyerSeed(script.key, script.buyer, script.country, kind, value, city)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return ".".join(re.findall(r"[a-z]+", plain))


def _returning(scripts: Sequence[Script]) -> dict[str, str]:
    """Resolved scripts that become earlier conversations of the buyer of another, by key.

    Only one whose text names nobody can change its buyer.
    """
    rng = Random("returning buyers")  # noqa: S311  # sample data, the same every time
    spare: dict[tuple[str, str, str], list[Script]] = defaultdict(list)
    for script in scripts:
        if (
            script.state == "resolved"
            and script.intent != "other.spam"
            and not _names_buyer(script)
        ):
            spare[_group(script)].append(script)
    taken: dict[str, str] = {}
    hosts: set[str] = set()
    for script in scripts:
        group = spare[_group(script)]
        if script.key in taken or script.intent == "other.spam" or not group:
            continue
        if rng.random() < _RETURNING:
            for _ in range(1 + (rng.random() < 0.25)):
                other = group.pop() if group else script
                if other.key != script.key and other.key not in hosts:
                    taken[other.key] = script.key
                    hosts.add(script.key)
    return taken


def _group(script: Script) -> tuple[str, str, str]:
    store = store_for(script.platform, script.country)
    return script.key.split(":")[0], script.platform, store.name


def _names_buyer(script: Script) -> bool:
    """Whether some form of the buyer's name stands in the text."""
    said = script.words.casefold()
    for part in re.split(r"[\s.\-]+", script.buyer.casefold()):
        if _WHOLE.match(part):
            if part[0] in said:
                return True
        elif len(part) > 2 and re.search(rf"\b{re.escape(part[: max(3, len(part) - 2)])}", said):
            return True
    return False
