"""Public keys asked of the platform and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tradewind.channels.connector import addresses
from tradewind.channels.connector.authorising import app_token
from tradewind.channels.connector.egress import (
    Draft,
    Egress,
    TransportFault,
    base_context,
    call,
)
from tradewind.channels.connector.errors import AuthFailed, ExpressionFailed, OutgoingRefused
from tradewind.channels.connector.keys import PublicKey, read_key
from tradewind.channels.connector.model import Connector, SignatureRule
from tradewind.channels.contract import Account

# An unknown key id is asked once a minute at most, or forged ids would make us call out.
_ABSENT_S = 60
_KEPT = 1_000


@dataclass(slots=True)
class FetchedKeys:
    """Public keys of one platform (``keys.PublicKeys``), fetched over ``egress``."""

    connector: Connector
    egress: Egress
    clock: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, str], tuple[float, PublicKey | None]] = field(default_factory=dict)

    def find(self, account: Account, rule: SignatureRule, kid: str) -> PublicKey | None:
        """The key of this id, None when the platform has none or cannot be asked."""
        now = self.clock()
        until, key = self._kept.get((account.id, kid), (0.0, None))
        if now < until:
            return key
        key = self._fetch(account, rule, kid)
        if len(self._kept) > _KEPT:
            self._kept.clear()
        self._kept[account.id, kid] = (now + (rule.key_cache_s if key else _ABSENT_S), key)
        return key

    def _fetch(self, account: Account, rule: SignatureRule, kid: str) -> PublicKey | None:
        context = base_context(account, self.egress.now())
        try:
            base = addresses.base_url(self.connector, context)
            url = base + rule.key_url.replace("{kid}", kid)
            url = addresses.with_origin(url, self.connector, account)
            draft = Draft("GET", url, headers={"Accept": "application/json"})
            if rule.key_auth == "app_token":
                token = app_token(self.connector, account, self.egress)
                draft.headers["Authorization"] = f"Bearer {token}"
            answer = call(self.egress, draft, max_bytes=100_000)
        except (AuthFailed, ExpressionFailed, OutgoingRefused, TransportFault):
            return None
        return read_key(answer.json) if answer.status < 300 else None
