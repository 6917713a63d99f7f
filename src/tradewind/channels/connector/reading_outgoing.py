"""Requests, replies, polls and attachments of a connector file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.expressions import Expression
from tradewind.channels.connector.model import (
    MediaStep,
    PagingRule,
    PollRule,
    RateRule,
    ReplyRule,
    RequestRule,
    ResultRule,
    ThrottleRule,
    WatermarkRule,
    WindowRule,
)
from tradewind.channels.connector.reading_webhook import read_events
from tradewind.channels.connector.section import Section

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_STYLES = frozenset({"single", "cursor", "page", "offset", "next_url", "next_query", "link_header"})
_NEEDS_NEXT = frozenset({"cursor", "next_url", "next_query"})


def read_request(section: Section, names: Collection[str], *, sources: bool = False) -> RequestRule:
    """A request: ``path`` or ``url``, and what goes with it."""
    encoding = section.choice("encoding", {"json", "form"}, "json")
    rule = RequestRule(
        method=section.choice("method", _METHODS, "GET"),
        path=section.template("path", names, strict_places=True),
        url=section.template("url", names, strict_places=True),
        query=section.template("query", names, sources=sources),
        headers=section.template("headers", names, sources=sources),
        json=section.template("json", names, sources=sources),
        form=section.template("form", names, sources=sources),
    )
    if ("path" in section.data) == ("url" in section.data):
        section.issue("path", "wants exactly one of path and url")
    if encoding == "form" and rule.form is None:
        section.issue("form", "is missing, wants the table of form fields")
    if rule.json is not None and rule.form is not None:
        section.issue("form", "a request has json or form, not both")
    return rule


def read_poll(section: Section) -> PollRule | None:
    """One ``[[poll]]`` or ``[[fetch]]``."""
    name = section.text("name", required=True)
    request = section.part("request", lambda s: read_request(s, words.POLL_NAMES))
    events = read_events(section)
    rest = {
        "every_s": section.whole("every_s", least=1),
        "long_poll_s": section.whole("long_poll_s", 0) or 0,
        "ok": section.expression("ok", None),
        "items": section.expression("items", None),
        "auth_scheme": section.text("auth_scheme"),
        "use_when": section.text("use_when"),
    }
    if request is None:
        section.issue("request", "is missing, wants {method, path, …}")
        return None
    return PollRule(
        name=name,
        request=request,
        paging=section.part("paging", _read_paging) or PagingRule(),
        events=events,
        watermark=section.part("watermark", _read_watermark),
        window_days=section.part("window", lambda s: s.number("max_days")),
        rate=section.part("rate", read_rate),
        throttle=section.part("throttle", read_throttle),
        **rest,  # type: ignore[arg-type]  # each value was read with the type of its field
    )


def read_reply(section: Section) -> ReplyRule:
    """One ``[[reply]]`` or ``[[action]]``."""
    section.flag("no_html")
    return ReplyRule(
        name=section.text("name", required=True),
        request=read_request(section, words.REPLY_NAMES),
        result=section.part("result", _read_result) or ResultRule(),
        when=section.expression("when", words.REPLY_NAMES),
        window=section.part("window", _read_window),
        max_chars=section.whole("max_chars", least=1),
        max_attachments=section.whole("max_attachments"),
        plain_text=section.flag("plain_text"),
        proactive_only=section.flag("proactive_only"),
        batch=section.whole("batch", least=1),
    )


def read_media(section: Section) -> tuple[MediaStep, ...]:
    """The steps of one ``[[media]]``; the last one must save."""
    names = set(words.MEDIA_NAMES)
    steps: list[MediaStep] = []
    for table in section.tables("steps"):
        steps.append(_read_step(table, names))
        names |= set(steps[-1].take)
    if not steps or not steps[-1].save:
        section.issue("steps", "wants at least one step, the last with save = true")
    return tuple(steps)


def read_rate(section: Section) -> RateRule:
    """A rate: ``rate`` per ``per_s`` seconds."""
    rate = section.number("rate", 1.0) or 1.0
    return RateRule(
        rate=rate,
        per_s=section.number("per_s", 1.0) or 1.0,
        burst=section.whole("burst", max(1, int(rate)), least=1) or 1,
        scope=section.text("scope", "account"),
        header=section.text("header"),
    )


def read_throttle(section: Section) -> ThrottleRule:
    """How the platform says "slower"."""
    return ThrottleRule(
        status=section.wholes("status", (429,)),
        body=section.expression("body", None),
        retry_after_header=section.text("retry_after_header", "Retry-After"),
        reset_header=section.text("reset_header"),
        reset_unit=section.choice("reset_unit", {"s", "ms"}, "s"),
        remaining_header=section.text("remaining_header"),
        wait=section.text("wait"),
    )


def read_take(section: Section) -> Mapping[str, Expression]:
    """Names and the expressions that find them in an answer."""
    table = section.table("take")
    if table is None:
        return {}
    found = {name: table.expression(name, None) for name in table.data}
    return {name: expression for name, expression in found.items() if expression is not None}


def _read_step(section: Section, names: Collection[str]) -> MediaStep:
    # A step that only a path names is the platform's own, so it is authorised like the rest.
    auth = section.flag("auth", default="path" in section.data)
    take, save = read_take(section), section.flag("save")
    expires = section.whole("expires_s", least=1)
    request = section.closed(lambda s: read_request(s, names))
    return MediaStep(request=request, auth=auth, take=take, save=save, expires_s=expires)


def _read_paging(section: Section) -> PagingRule:
    rule = PagingRule(
        style=section.choice("style", _STYLES),
        next=section.expression("next", None),
        more=section.expression("more", None),
        total=section.expression("total", None),
        plus=section.whole("plus", 0) or 0,
        keep=section.flag("keep"),
        first=section.whole("first", 1) or 0,
        size=section.whole("size", 0) or 0,
        max_pages=section.whole("max_pages", 50, least=1) or 50,
    )
    if rule.style in _NEEDS_NEXT and "next" not in section.data:
        section.issue("next", f"is missing; style {rule.style} wants where the next page is named")
    if rule.style == "offset" and not rule.size:
        section.issue("size", "is missing; style offset wants the size of a page")
    if rule.style == "page" and rule.more is None and not rule.size:
        section.issue("more", "is missing; style page wants more or size")
    return rule


def _read_watermark(section: Section) -> WatermarkRule | None:
    source = section.expression("from", None, required=True)
    overlap = section.whole("overlap_s", 0) or 0
    return WatermarkRule(source=source, overlap_s=overlap) if source else None


def _read_result(section: Section) -> ResultRule:
    return ResultRule(
        id=section.expression("id", None),
        ok=section.expression("ok", None),
        error_code=section.expression("error_code", None),
        error_text=section.expression("error_text", None),
        retry_after=section.expression("retry_after", None),
        retry_codes=section.codes("retry_codes"),
        window_codes=section.codes("window_codes"),
    )


def _read_window(section: Section) -> WindowRule:
    hours = section.number("hours")
    if hours is None:
        section.issue("hours", "is missing, wants the hours the window stays open")
    return WindowRule(
        opens_on=section.choice("opens_on", {"message.in"}, "message.in"),
        hours=hours or 24,
        max_messages=section.whole("max_messages", least=1),
        after=section.text("after", "none"),
        after_hours=section.number("after_hours"),
    )
