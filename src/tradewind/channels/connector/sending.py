"""The way out: a reply or an action sent once, and what the platform said to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradewind.channels.connector import addresses, throttling, times
from tradewind.channels.connector.authorising import (
    authorise,
    is_renewable,
    secrets_of,
    with_token,
)
from tradewind.channels.connector.choosing import Choice, NotSendable, choose
from tradewind.channels.connector.egress import (
    Answered,
    Egress,
    TransportFault,
    base_context,
    call,
    render_request,
)
from tradewind.channels.connector.errors import (
    AuthFailed,
    ExpressionFailed,
    HookMissing,
    OutgoingRefused,
)
from tradewind.channels.connector.expressions import Expression
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.mapping import is_true
from tradewind.channels.connector.model import Connector, ReplyRule, RequestRule, ResultRule
from tradewind.channels.connector.templates import Context
from tradewind.channels.contract import JSON, Account, Outbound, Receipt, SendStatus

_TEXT_CHARS = 300
# The request may have been carried out before these were said; 503 says it was not taken.
_UNCERTAIN = frozenset({500, 502, 504})


@dataclass(frozen=True, slots=True)
class DeclaredSender:
    """The reply side of a connector file (``contract.Sender``)."""

    connector: Connector
    egress: Egress

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.connector.platform

    @property
    def max_chars(self) -> int | None:
        """Characters the first ordinary reply takes."""
        ordinary = (rule for rule in self.connector.replies if not rule.proactive_only)
        return next((rule.max_chars for rule in ordinary), None)

    def send(self, account: Account, outbound: Outbound) -> Receipt:
        """Send once; the receipt says how it ended. No secret is in its text."""
        try:
            choice = choose(self.connector, account, outbound, now=self.egress.now())
        except NotSendable as reason:
            return _refused(reason.code, str(reason))
        return perform(self.connector, account, choice, self.egress)


def act(
    connector: Connector, account: Account, name: str, context: Context, egress: Egress
) -> Receipt:
    """Perform a declared action (tag, assign …) with the names in ``context``."""
    rule = next((action for action in connector.actions if action.name == name), None)
    if rule is None:
        return _refused("no_action", f"{connector.title} declares no action {name!r}.")
    full = {**base_context(account, egress.now()), **context}
    return perform(connector, account, Choice(rule, full), egress)


def perform(connector: Connector, account: Account, choice: Choice, egress: Egress) -> Receipt:
    """Render, authorise and send a chosen reply; never raises for platform or network."""
    try:
        answer = request_once(connector, account, choice.rule.request, choice.context, egress)
    except TransportFault as fault:
        text = str(fault)
        return Receipt(
            SendStatus.RETRY, error_code="network", error_text=text, uncertain=fault.uncertain
        )
    except AuthFailed as fault:
        status = SendStatus.RETRY if fault.temporary else SendStatus.REFUSED
        return Receipt(status, error_code="auth", error_text=_shown(str(fault), account, egress))
    except (ExpressionFailed, OutgoingRefused, HookMissing) as fault:
        sentence = f"The reply was not sent: {fault}".rstrip(".") + "."
        return _refused("not_sent", _shown(sentence, account, egress))
    return _receipt(connector, choice.rule, answer, account, egress)


def request_once(
    connector: Connector,
    account: Account,
    rule: RequestRule,
    context: Mapping[str, JSON],
    egress: Egress,
    *,
    scheme: str = "",
) -> Answered:
    """The answer to a rendered request; an expired token is renewed once.

    Raises TransportFault, AuthFailed, ExpressionFailed, OutgoingRefused or HookMissing.
    """
    holder = with_token(connector, account, egress)
    answer = _request(connector, holder, rule, context, egress, scheme=scheme)
    if answer.status != 401 or not is_renewable(connector.auth):
        return answer
    refused = holder.secrets.get("access_token", "")
    renewed = with_token(connector, account, egress, refused=refused)
    return _request(connector, renewed, rule, context, egress, scheme=scheme)


def _request(
    connector: Connector,
    account: Account,
    rule: RequestRule,
    context: Mapping[str, JSON],
    egress: Egress,
    *,
    scheme: str,
) -> Answered:
    full = {**context, "secret": dict(account.secrets)}
    draft = render_request(connector, account, rule, full)
    authorise(connector, account, draft, egress, scheme=scheme)
    return call(egress, draft)


def _receipt(
    connector: Connector, rule: ReplyRule, answer: Answered, account: Account, egress: Egress
) -> Receipt:
    body, result = answer.json, rule.result
    code = _find(result.error_code, body) or ("" if answer.status < 300 else str(answer.status))
    text = _shown(_find(result.error_text, body) or _told(body), account, egress)
    throttle = connector.limits.throttle
    if throttling.is_throttled(throttle, answer) or code in result.retry_codes:
        wait = times.to_number(_find(result.retry_after, body))
        if wait is None:
            wait = throttling.retry_after(throttle, answer.headers, now=egress.now())
        return Receipt(SendStatus.RETRY, "", code or "throttled", text, wait)
    if answer.status >= 500:
        return Receipt(SendStatus.RETRY, "", code, text, uncertain=answer.status in _UNCERTAIN)
    if code in result.window_codes:
        return _refused(code, f"The platform's reply window is closed. {text}".strip())
    return _verdict(result, answer, body, code=code, text=text)


def _verdict(result: ResultRule, answer: Answered, body: JSON, *, code: str, text: str) -> Receipt:
    if not 200 <= answer.status < 300:
        return _refused(code, text or f"The platform answered HTTP {answer.status}.")
    if body is None and (result.ok or result.id):
        sentence = "The platform's answer could not be read, so it may have taken the reply."
        return Receipt(SendStatus.RETRY, "", "unreadable", sentence, uncertain=True)
    if result.ok is not None and not _holds(result.ok, body):
        return _refused(code or "refused", text or "The platform did not take the reply.")
    return Receipt(SendStatus.ACCEPTED, id=_find(result.id, body))


def _refused(code: str, sentence: str) -> Receipt:
    return Receipt(SendStatus.REFUSED, error_code=code, error_text=sentence)


def _shown(text: str, account: Account, egress: Egress) -> str:
    return addresses.redact(text, secrets_of(account, egress))[:_TEXT_CHARS]


def _told(body: JSON) -> str:
    """What platforms commonly put an error's text under, when the file does not say."""
    if not isinstance(body, dict):
        return ""
    for name in ("description", "message", "error_description", "err_message", "errmsg", "msg"):
        if isinstance(body.get(name), str):
            return str(body[name])
    nested = body.get("error")
    return _told(nested) if isinstance(nested, dict) else str(nested or "")


def _find(expression: Expression | None, body: JSON) -> str:
    if expression is None:
        return ""
    try:
        return as_text(expression.find(body)) or ""
    except ExpressionFailed:
        return ""


def _holds(expression: Expression, body: JSON) -> bool:
    try:
        return is_true(expression.find(body))
    except ExpressionFailed:
        return False
