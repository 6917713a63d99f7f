"""The way in: a platform's request verified, answered and turned into events."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qsl

from tradewind.channels.connector import bodies, parts, times
from tradewind.channels.connector.envelopes import built_in_hooks
from tradewind.channels.connector.errors import ExpressionFailed, HookMissing
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.hooks import Hooks, get_hook
from tradewind.channels.connector.keys import PublicKeys
from tradewind.channels.connector.mapping import is_true, map_events
from tradewind.channels.connector.model import ChallengeRule, Connector, WebhookRule
from tradewind.channels.connector.verifying import fault_of
from tradewind.channels.contract import (
    JSON,
    Account,
    Answer,
    Event,
    MappingFailed,
    RawRequest,
    Verdict,
)

_KEY_CHARS = 200


@dataclass(frozen=True, slots=True)
class DeclaredInbound:
    """The webhook side of a connector file (``contract.Inbound``).

    ``keys`` finds public keys for platforms that sign with one; without it they are refused.
    """

    connector: Connector
    now: Callable[[], datetime] = times.utc_now
    keys: PublicKeys | None = None
    hooks: Hooks = field(default_factory=built_in_hooks)

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.connector.platform

    def verify(self, account: Account, request: RawRequest) -> Verdict:
        """Whether the request is the platform's; the reason and HTTP status when it is not."""
        rule = self.connector.webhook
        if rule is None:
            return Verdict(ok=False, reason=f"{self.platform} has no webhook.", status=404)
        if len(request.body) > bodies.MAX_BYTES:
            return Verdict(ok=False, reason="The body is too large.", status=413)
        reason = self._fault(rule, account, request)
        return Verdict(ok=not reason, reason=reason, status=_status(rule, reason))

    def is_challenge(self, account: Account, request: RawRequest) -> bool:
        """Whether the request only asks who we are; such a one is answered and not kept."""
        rule = self.connector.webhook
        if rule is None:
            return False
        return self._challenge(rule, account, request) is not None or _is_ping(rule, request)

    def answer(self, account: Account, request: RawRequest) -> Answer:
        """The acknowledgement, or the answer to a challenge. Call it on verified requests."""
        rule = self.connector.webhook
        if rule is None:
            return Answer(status=404)
        challenge = self._challenge(rule, account, request)
        if challenge is not None:
            return self._reply(challenge, account, request)
        return Answer(rule.ack.status, rule.ack.body, rule.ack.content_type)

    def dedupe_key(self, account: Account, request: RawRequest) -> str:
        """The platform's key of this delivery; a hash of the body when it gives none."""
        fallback = "sha256:" + hashlib.sha256(request.body).hexdigest()
        rule = self.connector.webhook
        if rule is None or rule.dedupe is None:
            return fallback
        try:
            found = rule.dedupe.find(self._context(rule, account, request))
        except (ExpressionFailed, MappingFailed, HookMissing):
            return fallback
        members = found if isinstance(found, list) else [found]
        texts = [text for text in map(as_text, members) if text]
        key = ",".join(texts)
        if len(key) > _KEY_CHARS or not key.isprintable():
            key = "sha256:" + hashlib.sha256(key.encode(errors="replace")).hexdigest()
        return key or fallback

    def parse(self, account: Account, request: RawRequest) -> list[Event]:
        """Canonical events; raises MappingFailed with a sentence. A challenge holds none."""
        rule = self.connector.webhook
        if rule is None:
            raise MappingFailed(f"{self.platform} has no webhook.")
        if self.is_challenge(account, request):
            return []
        try:
            context = self._context(rule, account, request)
        except HookMissing as fault:
            raise MappingFailed(str(fault)) from None
        return map_events(self.platform, rule.events, context)

    def _fault(self, rule: WebhookRule, account: Account, request: RawRequest) -> str:
        challenge = self._challenge(rule, account, request)
        if challenge is not None and not challenge.signed:
            return self._fault_of_challenge(challenge, account, request)
        if _is_ping(rule, request):
            return ""
        signature = rule.signature
        if signature is None:
            return "The connector declares no signature, so nothing that comes is taken."
        if signature.scheme == "hook":
            return self._fault_by_hook(signature.hook, account, request)
        view = parts.signable(account, request)
        return fault_of(signature, view, now=self.now(), account=account, keys=self.keys)

    def _fault_by_hook(self, name: str, account: Account, request: RawRequest) -> str:
        try:
            hook = get_hook(self.hooks.signature, name)
        except HookMissing as fault:
            return str(fault)
        return hook(account, request).reason

    def _fault_of_challenge(
        self, challenge: ChallengeRule, account: Account, request: RawRequest
    ) -> str:
        if challenge.check is None:
            return ""
        if _compared(challenge, self._challenge_context(account, request)):
            return ""
        return "The challenge does not carry the token that was agreed on."

    def _challenge(
        self, rule: WebhookRule, account: Account, request: RawRequest
    ) -> ChallengeRule | None:
        challenge = rule.challenge
        if challenge is None or request.method.upper() != challenge.method:
            return None
        try:
            found = challenge.when.find(self._context(rule, account, request))
        except (ExpressionFailed, MappingFailed, HookMissing):
            return None
        return challenge if is_true(found) else None

    def _reply(self, challenge: ChallengeRule, account: Account, request: RawRequest) -> Answer:
        context = self._challenge_context(account, request)
        try:
            if challenge.digest is not None:
                made = parts.digest(challenge.digest, parts.signable(account, request))
                context["digest"] = parts.encode(challenge.digest, made)
            if challenge.reply_json is not None:
                body = json.dumps(challenge.reply_json.render(context))
            else:
                body = as_text(challenge.reply.find(context) if challenge.reply else "") or ""
        except (ExpressionFailed, parts.PartMissing):
            return Answer(status=400, body="The challenge cannot be answered.")
        return Answer(200, body, challenge.content_type)

    def _challenge_context(self, account: Account, request: RawRequest) -> dict[str, JSON]:
        rule = self.connector.webhook
        context = dict(self._context(rule, account, request)) if rule else {}
        context["secret"] = dict(account.secrets)
        return context

    def _context(self, rule: WebhookRule, account: Account, request: RawRequest) -> dict[str, JSON]:
        if rule.decode:
            opened = get_hook(self.hooks.decode, rule.decode)(account, _or_empty(rule, request))
            request = replace(request, body=opened)
        # A challenge by GET has no body; an empty POST is a broken delivery.
        empty = request.method.upper() == "GET" and not request.body.strip()
        return {
            "body": None if empty else bodies.decode(rule.body, request.body),
            "headers": dict(request.headers),
            "query": dict(request.query),
            "account": {"id": account.id, **account.config},
            "now": times.to_iso(self.now()),
        }


def _compared(challenge: ChallengeRule, context: dict[str, JSON]) -> bool:
    """The check, with both sides of ``a == b`` wanted to be there and compared in full."""
    try:
        node = challenge.check.node if challenge.check else {}
        if node.get("type") != "comparator" or node.get("value") != "eq":
            return challenge.check is not None and is_true(challenge.check.find(context))
        sides = [challenge.check.side(number, context) for number in (0, 1)]  # type: ignore[union-attr]
    except ExpressionFailed:
        return False
    texts = [as_text(side) for side in sides]
    if not all(texts):
        return False
    left, right = (str(text).encode(errors="replace") for text in texts)
    return hmac.compare_digest(left, right)


def _or_empty(rule: WebhookRule, request: RawRequest) -> RawRequest:
    if request.body.strip() or request.method.upper() != "GET":
        return request
    return replace(request, body=b"<xml/>" if rule.body == "xml" else b"{}")


def _status(rule: WebhookRule, reason: str) -> int:
    return rule.ack.bad_signature_status if reason else 200


def _is_ping(rule: WebhookRule, request: RawRequest) -> bool:
    """An unsigned form with one known field and nothing else: WooCommerce's save ping."""
    if not rule.ping_field or len(request.body) > _KEY_CHARS:
        return False
    source = rule.signature.source if rule.signature else None
    if source is not None and source.argument in request.headers:
        return False
    fields = parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
    return [name for name, _ in fields] == [rule.ping_field]
