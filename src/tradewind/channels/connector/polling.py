"""Platforms asked page by page, with hard stops and a state to go on from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from tradewind.channels.connector import addresses, throttling, times
from tradewind.channels.connector.authorising import (
    authorise,
    is_renewable,
    secrets_of,
    with_token,
)
from tradewind.channels.connector.egress import (
    Answered,
    Draft,
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
    PollFailed,
)
from tradewind.channels.connector.mapping import is_true, map_events
from tradewind.channels.connector.model import Connector, PollRule
from tradewind.channels.connector.paging import (
    Position,
    continued,
    has_more,
    next_position,
)
from tradewind.channels.contract import JSON, Account, Event, MappingFailed

FIRST_LOOK_BACK = timedelta(days=1)
_SPARE_S = 15
_CLOCK_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PollPage:
    """One page as it came, its events, and the state to keep once the page is safe.

    ``error`` says why a page could not be mapped; its raw body is there to be replayed.
    """

    poll: str
    raw: bytes = field(repr=False)
    dedupe_key: str
    events: Sequence[Event]
    state: Mapping[str, JSON]
    is_last: bool
    error: str = ""


def poll(
    connector: Connector,
    account: Account,
    state: Mapping[str, JSON],
    client: httpx.Client,
    *,
    name: str = "",
    egress: Egress | None = None,
) -> Iterator[PollPage]:
    """Pages of one poll (the first, or the one of this name), each with the state after it.

    ``state`` is what the last page gave, empty at first. Stops at the end, after the poll's
    max_pages, when a cursor comes twice, or when the time budget is spent; the next run goes
    on from the state. Raises PollFailed with a sentence without secrets.
    """
    rule = next((row for row in connector.polls if name in {"", row.name}), None)
    if rule is None:
        raise PollFailed(f"{connector.title} declares no poll {name!r}.")
    egress = egress or Egress(client)
    run = _Run(connector, account, rule, egress, time.monotonic() + egress.poll_budget_s)
    try:
        yield from run.pages(state)
    except (TransportFault, AuthFailed, ExpressionFailed, OutgoingRefused, HookMissing) as fault:
        shown = addresses.redact(str(fault), secrets_of(account, run.egress))
        raise PollFailed(f"{connector.platform} {rule.name}: {shown}") from None


def parse_page(
    connector: Connector, account: Account, rule: PollRule, raw: bytes, *, now: datetime
) -> list[Event]:
    """The events of a page's body, also when it is replayed; raises MappingFailed.

    A poll without events of its own maps each of its ``items`` as a webhook body.
    """
    body = Answered(200, {}, raw).json
    if body is None:
        raise MappingFailed("The page is not JSON.")
    context: dict[str, JSON] = {
        "body": body,
        "headers": {},
        "query": {},
        "account": {"id": account.id, **account.config},
        "now": times.to_iso(now),
    }
    if rule.events or rule.items is None or connector.webhook is None:
        return map_events(connector.platform, rule.events, context)
    events: list[Event] = []
    found = rule.items.find(body)
    for item in found if isinstance(found, list) else ():
        own = {**context, "body": item}
        events += map_events(connector.platform, connector.webhook.events, own)
    return events


@dataclass(slots=True)
class _Run:
    """One run of one poll."""

    connector: Connector
    account: Account
    rule: PollRule
    egress: Egress
    deadline: float

    def pages(self, state: Mapping[str, JSON]) -> Iterator[PollPage]:
        # A run that goes on in the middle of the pages still answers the first run's question.
        began = times.from_iso(state.get("began")) or self.egress.now()
        mark = times.from_iso(state.get("watermark")) or began - FIRST_LOOK_BACK
        high = times.from_iso(state.get("high"))
        page = state.get("page")
        at = Position(
            cursor=state.get("cursor"),
            page=page if isinstance(page, int) else 0,
            url=str(state.get("url") or ""),
        )
        seen: set[str] = set()
        for count in range(1, self.rule.paging.max_pages + 1):
            end = self._window_end(mark, began)
            draft, answer = self._ask(at, mark=mark, end=end)
            high = self._higher(high, answer)
            following = self._following(at, draft, answer, seen)
            goes_on = following is not None and self._goes_on(answer)
            if following is None or not goes_on:
                kept, mark, at = self._closed(following or at, mark=mark, high=high, end=end)
                high, seen = None, set()
                goes_on = end < began
            else:
                kept, at = self._open(following, mark=mark, high=high, began=began), following
            spent = count == self.rule.paging.max_pages or time.monotonic() >= self.deadline
            yield self._page(answer, kept, is_last=spent or not goes_on)
            if spent or not goes_on:
                return

    def _ask(self, at: Position, *, mark: datetime, end: datetime) -> tuple[Draft, Answered]:
        holder = with_token(self.connector, self.account, self.egress)
        draft, answer = self._request(holder, at, mark=mark, end=end)
        if answer.status == 401 and is_renewable(self.connector.auth):
            refused = holder.secrets.get("access_token", "")
            holder = with_token(self.connector, self.account, self.egress, refused=refused)
            draft, answer = self._request(holder, at, mark=mark, end=end)
        self._check(answer)
        return draft, answer

    def _request(
        self, holder: Account, at: Position, *, mark: datetime, end: datetime
    ) -> tuple[Draft, Answered]:
        egress = self._patient()
        context = self._context(holder, at, mark=mark, end=end)
        draft = render_request(self.connector, holder, self.rule.request, context)
        draft = continued(draft, at)
        if at.url:
            known = addresses.known_hosts(self.connector, holder, context)
            allowed = egress.permits_private(draft.url)
            addresses.check_address(draft.url, allow_private=allowed, known=known)
        signed = replace(draft, query=dict(draft.query), headers=dict(draft.headers))
        authorise(self.connector, holder, signed, egress, scheme=self.rule.auth_scheme)
        return draft, call(egress, signed)

    def _patient(self) -> Egress:
        """The egress with time for a long poll."""
        if not self.rule.long_poll_s:
            return self.egress
        return replace(self.egress, timeout_s=self.rule.long_poll_s + _SPARE_S)

    def _context(
        self, holder: Account, at: Position, *, mark: datetime, end: datetime
    ) -> dict[str, JSON]:
        overlap = self.rule.watermark.overlap_s if self.rule.watermark else 0
        since = mark - timedelta(seconds=overlap)
        context = {**base_context(holder, self.egress.now()), **at.names(self.rule.paging)}
        context |= {
            "watermark_iso": times.to_iso(since.replace(microsecond=0)),
            "watermark_s": int(since.timestamp()),
            "watermark_ms": int(since.timestamp() * 1000),
        }
        if self.rule.window_days is not None:
            names = base_context(holder, end)
            context |= {name: names[name] for name in ("now", "now_iso", "now_s", "now_ms")}
        return context

    def _check(self, answer: Answered) -> None:
        throttle = self.rule.throttle or self.connector.limits.throttle
        label = f"{self.connector.platform} {self.rule.name}"
        if throttling.is_throttled(throttle, answer):
            wait = throttling.retry_after(throttle, answer.headers, now=self.egress.now())
            raise PollFailed(f"{label}: the platform asks to slow down.", retry_after=wait)
        told = addresses.redact(
            answer.body[:200].decode(errors="replace"), secrets_of(self.account, self.egress)
        )
        if answer.status >= 300:
            raise PollFailed(f"{label}: the platform answered HTTP {answer.status}: {told}")
        if self.rule.ok is not None and not is_true(self.rule.ok.find(answer.json)):
            raise PollFailed(f"{label}: the platform refused: {told}")

    def _following(
        self, at: Position, draft: Draft, answer: Answered, seen: set[str]
    ) -> Position | None:
        """The next position, None when it was here before in this run."""
        following = next_position(self.rule, at, draft, answer)
        if following is None:
            return None
        key = repr((following.cursor, following.url)) if following.cursor or following.url else ""
        if key and key in seen:
            return None
        seen.add(key)
        return following

    def _goes_on(self, answer: Answered) -> bool:
        return not self.rule.paging.keep or has_more(self.rule, answer)

    def _higher(self, high: datetime | None, answer: Answered) -> datetime | None:
        if self.rule.watermark is None:
            return None
        found = self.rule.watermark.source.find(answer.json)
        members = found if isinstance(found, list) else [found]
        # One far ahead would hide all that comes before it.
        until = self.egress.now() + _CLOCK_AHEAD
        told = [moment for moment in map(times.from_any, members) if moment and moment <= until]
        return max([*told, *([high] if high else [])], default=None)

    def _window_end(self, mark: datetime, began: datetime) -> datetime:
        if self.rule.window_days is None:
            return began
        return min(began, mark + timedelta(days=self.rule.window_days))

    def _open(
        self, at: Position, *, mark: datetime, high: datetime | None, began: datetime
    ) -> dict[str, JSON]:
        """The state in the middle of the pages: the watermark stays until the end."""
        kept: dict[str, JSON] = {
            "watermark": times.to_iso(mark),
            "began": times.to_iso(began),
            "page": at.page,
        }
        if at.cursor is not None:
            kept["cursor"] = at.cursor
        if at.url:
            kept["url"] = at.url
        if high is not None:
            kept["high"] = times.to_iso(high)
        return kept

    def _closed(
        self, last: Position, *, mark: datetime, high: datetime | None, end: datetime
    ) -> tuple[dict[str, JSON], datetime, Position]:
        """The state after the last page: the watermark moves, only a kept cursor stays."""
        windowed = self.rule.window_days is not None
        reached = end if windowed or self.rule.watermark is None else max(high or mark, mark)
        kept: dict[str, JSON] = {"watermark": times.to_iso(reached)}
        if self.rule.paging.keep and last.cursor is not None:
            kept["cursor"] = last.cursor
        return kept, reached, Position(cursor=kept.get("cursor"))

    def _page(self, answer: Answered, kept: dict[str, JSON], *, is_last: bool) -> PollPage:
        digest = hashlib.sha256(answer.body).hexdigest()
        key = f"poll:{self.rule.name}:{digest}"
        try:
            events = parse_page(
                self.connector, self.account, self.rule, answer.body, now=self.egress.now()
            )
        except MappingFailed as fault:
            return PollPage(self.rule.name, answer.body, key, (), kept, is_last, str(fault))
        return PollPage(self.rule.name, answer.body, key, events, kept, is_last)
