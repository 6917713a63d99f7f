"""Where the next page is: one function per paging style."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urljoin

from tradewind.channels.connector import times
from tradewind.channels.connector.egress import Answered, Draft
from tradewind.channels.connector.expressions import Expression
from tradewind.channels.connector.mapping import is_true
from tradewind.channels.connector.model import PagingRule, PollRule
from tradewind.channels.contract import JSON

_LINK = re.compile(r"<([^<>]{1,2000})>\s*((?:;[^,;]{1,200})*)")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a poll stands: ``cursor`` as the platform gave it, ``page`` counted from 0."""

    cursor: JSON = None
    page: int = 0
    url: str = ""

    def names(self, rule: PagingRule) -> dict[str, JSON]:
        """The names a request template sees."""
        return {
            "cursor": self.cursor,
            "first": self.page == 0 and self.cursor is None,
            "page": rule.first + self.page,
            "page0": self.page,
            "page1": self.page + 1,
            "offset": self.page * rule.size,
        }


def next_position(poll: PollRule, at: Position, draft: Draft, answer: Answered) -> Position | None:
    """The position after an answer, None at the end; raises ExpressionFailed."""
    following = _STYLES[poll.paging.style](poll, at, draft, answer)
    if following is not None and _is_same(following, at):
        return None
    return following


def continued(draft: Draft, at: Position) -> Draft:
    """The request for a position that is a URL or a ready query string."""
    if not at.url:
        return draft
    if at.url.startswith("?"):
        return replace(draft, query=dict(parse_qsl(at.url[1:], keep_blank_values=True)))
    return replace(draft, url=at.url, query={})


def item_count(poll: PollRule, body: JSON) -> int | None:
    """How many items the page holds, None when the file does not say where they are."""
    if poll.items is None:
        return None
    found = poll.items.find(body)
    return len(found) if isinstance(found, list) else 0


def _is_same(following: Position, at: Position) -> bool:
    """Whether nothing moved: the same cursor or address twice."""
    return following.cursor == at.cursor and following.url == at.url and following.page == at.page


def _single(_poll: PollRule, _at: Position, _draft: Draft, _answer: Answered) -> None:
    return None


def _cursor(poll: PollRule, at: Position, _draft: Draft, answer: Answered) -> Position | None:
    rule, body = poll.paging, answer.json
    found = _find(rule.next, body)
    if rule.plus:
        number = times.to_number(found)
        found = None if number is None else int(found) + rule.plus
    if not _has(found) or found == at.cursor:
        return None
    ends = (rule.more is not None and not is_true(_find(rule.more, body))) or item_count(
        poll, body
    ) == 0
    if ends and not rule.keep:
        return None
    # With keep the last cursor is where the next run begins; ``has_more`` tells the end.
    return Position(cursor=found, page=at.page + 1)


def has_more(poll: PollRule, answer: Answered) -> bool:
    """Whether a kept cursor should be followed now, rather than in the next run."""
    body = answer.json
    if poll.paging.more is not None:
        return is_true(_find(poll.paging.more, body))
    return item_count(poll, body) != 0


def _page(poll: PollRule, at: Position, _draft: Draft, answer: Answered) -> Position | None:
    rule, body = poll.paging, answer.json
    if rule.more is not None:
        goes_on = is_true(_find(rule.more, body))
    else:
        count = item_count(poll, body)
        goes_on = count is not None and count >= rule.size
    return Position(page=at.page + 1) if goes_on else None


def _offset(poll: PollRule, at: Position, _draft: Draft, answer: Answered) -> Position | None:
    rule, body = poll.paging, answer.json
    count = item_count(poll, body)
    total = times.to_number(_find(rule.total, body))
    reached = (at.page + 1) * rule.size
    if count == 0 or (total is not None and reached >= total):
        return None
    if total is None and (count is None or count < rule.size):
        return None
    return Position(page=at.page + 1)


def _next_url(poll: PollRule, at: Position, draft: Draft, answer: Answered) -> Position | None:
    found = _find(poll.paging.next, answer.json)
    return _to_url(found, at, draft)


def _next_query(poll: PollRule, at: Position, _draft: Draft, answer: Answered) -> Position | None:
    found = _find(poll.paging.next, answer.json)
    if not isinstance(found, str) or not found:
        return None
    return Position(page=at.page + 1, url="?" + found.removeprefix("?"))


def _link_header(_poll: PollRule, at: Position, draft: Draft, answer: Answered) -> Position | None:
    for target, attributes in _LINK.findall(answer.headers.get("link", "")[:8000]):
        if re.search(r'rel="?next"?', attributes):
            return _to_url(target, at, draft)
    return None


def _to_url(found: JSON, at: Position, draft: Draft) -> Position | None:
    if not isinstance(found, str) or not found:
        return None
    target = urljoin(draft.full_url, found)
    # The page number does not count here: the same address twice is no progress.
    return None if target in {at.url, draft.full_url} else Position(page=at.page + 1, url=target)


def _find(expression: Expression | None, body: JSON) -> JSON:
    return None if expression is None else expression.find(body)


def _has(cursor: JSON) -> bool:
    if isinstance(cursor, Mapping):
        return any(value not in (None, "") for value in cursor.values())
    return cursor is not None and cursor != "" and cursor is not False


_Style = Callable[[PollRule, Position, Draft, Answered], Position | None]
_STYLES: Mapping[str, _Style] = {
    "single": _single,
    "cursor": _cursor,
    "page": _page,
    "offset": _offset,
    "next_url": _next_url,
    "next_query": _next_query,
    "link_header": _link_header,
}
