"""A connector file as dataclasses: what ``loading`` gives and everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradewind.channels.connector.expressions import Expression
from tradewind.channels.connector.functions import ConnectorFunctions
from tradewind.channels.connector.templates import Template
from tradewind.channels.contract import JSON, EventKind


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a signed string: ``kind`` such as ``header`` and its ``argument``."""

    kind: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class TimestampRule:
    source: Part
    unit: str
    window_s: int


@dataclass(frozen=True, slots=True)
class SignatureRule:
    """How a request proves where it comes from; ``hook`` names a function instead."""

    scheme: str
    hash: str = "sha256"
    key: str = ""
    parts: tuple[Part, ...] = ()
    join: str = ""
    sort_parts: bool = False
    encoding: str = "hex"
    prefix: str = ""
    source: Part | None = None
    timestamp: TimestampRule | None = None
    key_url: str = ""
    key_auth: str = ""
    key_cache_s: int = 3600
    hook: str = ""


@dataclass(frozen=True, slots=True)
class ChallengeRule:
    method: str
    when: Expression
    check: Expression | None
    signed: bool
    digest: SignatureRule | None
    reply: Expression | None
    reply_json: Template | None
    content_type: str


@dataclass(frozen=True, slots=True)
class Ack:
    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    within_ms: int | None = None
    bad_signature_status: int = 401


@dataclass(frozen=True, slots=True)
class EventRule:
    """One kind of event: bind ``each``, ask ``when``, then map ``fields``."""

    where: str
    kind: EventKind
    each: tuple[tuple[str, Expression], ...]
    when: Expression | None
    fields: Mapping[str, Template]


@dataclass(frozen=True, slots=True)
class WebhookRule:
    body: str
    signature: SignatureRule | None
    dedupe: Expression | None
    ack: Ack
    challenge: ChallengeRule | None
    events: tuple[EventRule, ...]
    decode: str = ""
    transport: str = ""
    ping_field: str = ""


@dataclass(frozen=True, slots=True)
class RequestRule:
    """One outgoing request; ``path`` hangs on base_url, ``url`` stands alone."""

    method: str
    path: Template | None = None
    url: Template | None = None
    query: Template | None = None
    headers: Template | None = None
    json: Template | None = None
    form: Template | None = None


@dataclass(frozen=True, slots=True)
class PagingRule:
    style: str = "single"
    next: Expression | None = None
    more: Expression | None = None
    total: Expression | None = None
    plus: int = 0
    keep: bool = False
    first: int = 1
    size: int = 0
    max_pages: int = 50


@dataclass(frozen=True, slots=True)
class WatermarkRule:
    source: Expression
    overlap_s: int


@dataclass(frozen=True, slots=True)
class RateRule:
    """At most ``rate`` in ``per_s`` seconds and ``burst`` at once, per value of ``scope``."""

    rate: float
    per_s: float = 1
    burst: int = 1
    scope: str = "account"
    header: str = ""


@dataclass(frozen=True, slots=True)
class ThrottleRule:
    status: tuple[int, ...] = (429,)
    body: Expression | None = None
    retry_after_header: str = "Retry-After"
    reset_header: str = ""
    reset_unit: str = "s"
    remaining_header: str = ""
    wait: str = ""


@dataclass(frozen=True, slots=True)
class PollRule:
    name: str
    request: RequestRule
    paging: PagingRule
    events: tuple[EventRule, ...]
    every_s: int | None = None
    long_poll_s: int = 0
    ok: Expression | None = None
    items: Expression | None = None
    watermark: WatermarkRule | None = None
    window_days: float | None = None
    rate: RateRule | None = None
    throttle: ThrottleRule | None = None
    auth_scheme: str = ""
    use_when: str = ""


@dataclass(frozen=True, slots=True)
class MediaStep:
    request: RequestRule
    auth: bool
    take: Mapping[str, Expression]
    save: bool
    expires_s: int | None


@dataclass(frozen=True, slots=True)
class WindowRule:
    """Free replies only for ``hours`` after ``opens_on``; ``after`` names what may follow."""

    opens_on: str
    hours: float
    max_messages: int | None = None
    after: str = "none"
    after_hours: float | None = None


@dataclass(frozen=True, slots=True)
class ResultRule:
    id: Expression | None = None
    ok: Expression | None = None
    error_code: Expression | None = None
    error_text: Expression | None = None
    retry_after: Expression | None = None
    retry_codes: frozenset[str] = frozenset()
    window_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A way to answer, or an action; both are one rendered request and its result."""

    name: str
    request: RequestRule
    result: ResultRule
    when: Expression | None = None
    window: WindowRule | None = None
    max_chars: int | None = None
    max_attachments: int | None = None
    plain_text: bool = False
    proactive_only: bool = False
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyBy:
    channel: str
    address: Expression


@dataclass(frozen=True, slots=True)
class Limits:
    requests: tuple[RateRule, ...] = ()
    throttle: ThrottleRule = field(default_factory=ThrottleRule)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A deadline the platform sets: seconds or business days after ``on``, or a field's time."""

    on: str
    name: str
    seconds: int | None = None
    business_days: int | None = None
    until: str = ""
    calendar: str = "all_days"
    auto_reply_counts: bool = False
    waive: str = ""
    consequence: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True)
class SignRule:
    """How an outgoing request is signed; ``put`` says where the signature goes."""

    rule: SignatureRule
    put: Part
    wrap: str = ""


@dataclass(frozen=True, slots=True)
class RefreshRule:
    request: RequestRule
    take: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class AuthRule:
    type: str
    token: Template | None = None
    user: Template | None = None
    password: Template | None = None
    headers: Template | None = None
    query: Template | None = None
    put: Part | None = None
    token_url: Template | None = None
    client: str = "body"
    client_id: str = "client_id"
    client_secret: str = "client_secret"  # noqa: S105  # the name of a secret, not one
    scopes: tuple[str, ...] = ()
    sign: SignRule | None = None
    refresh: RefreshRule | None = None
    hook: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """One platform as its file describes it; ``source`` names the file."""

    source: str
    platform: str
    base_url: Template | None
    secrets: tuple[str, ...]
    auth: AuthRule | None
    webhook: WebhookRule | None
    polls: tuple[PollRule, ...]
    fetches: tuple[PollRule, ...]
    media: tuple[MediaStep, ...]
    replies: tuple[ReplyRule, ...]
    actions: tuple[ReplyRule, ...]
    reply_by: ReplyBy | None
    limits: Limits
    clocks: tuple[ClockRule, ...]
    tables: Mapping[str, Mapping[str, JSON]]
    hosts: tuple[str, ...]
    settings: tuple[str, ...]
    title: str
    functions: ConnectorFunctions = field(repr=False, compare=False)
