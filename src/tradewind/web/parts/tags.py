"""Template tags and filters of the design system; ``{% load parts %}``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi, pgettext
from django.utils.translation import gettext as _

from tradewind.web.parts.channels import channel_letters
from tradewind.web.parts.clocks import OWNERS, ClockFace, duration_text, read_clock
from tradewind.web.parts.evidence import stroke_of, underline
from tradewind.web.parts.flags import FLAGS
from tradewind.web.parts.people import buyer_letters, colleague_letters
from tradewind.web.parts.problems import problem_words
from tradewind.web.parts.sentences import said
from tradewind.web.parts.times import ago_text, day_heading
from tradewind.web.parts.words import script_words

register = template.Library()
register.filter("said", said)
ICONS = "tradewind/icons/icons.svg"
FLAG_SHEET = "tradewind/icons/flags.svg"
# What a person may choose, kept in cookies of the same names by look.js.
LOOKS: Final = {"theme": ("light", "dark"), "density": ("compact", "relaxed")}
LANGUAGE_TAGS: Final = {"zh-hans": "zh-Hans"}


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """One icon of the sprite; ``size`` "s", "" or "l". Silent to screen readers without a label."""
    return _drawn(f"{static(ICONS)}#{name}", size, label if isinstance(label, str) else str(label))


# A page has a hundred of them and few are different; typed: what is safe is not what is not.
@lru_cache(maxsize=2000, typed=True)
def _drawn(sheet: str, size: str, label: str) -> SafeString:
    css = f"i i--{size}" if size else "i"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><title>{}</title>'
                           '<use href="{}"/></svg>', css, label, label, sheet)  # fmt: skip
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, sheet)


@register.simple_tag
def mark() -> SafeString:
    """Our sail, drawn in the current colour."""
    drawn = '<svg class="mark" aria-hidden="true"><use href="{}#mark"/></svg>'
    return format_html(drawn, static(ICONS))


@register.simple_tag
def flag(country: str, name: str = "") -> SafeString:
    """The flag of an ISO 3166 country, or its letters on a tile when it is not drawn."""
    code = (country or "").strip().upper()
    return _flown(static(FLAG_SHEET), code, name or code) if code else SafeString("")


@lru_cache(maxsize=1000, typed=True)
def _flown(sheet: str, code: str, name: str) -> SafeString:
    if code in FLAGS:
        return format_html(
            '<svg class="flag" viewBox="0 0 16 11" role="img" aria-label="{}">'
            '<use href="{}#{}"/></svg>', name, sheet, code.lower(),
        )  # fmt: skip
    return format_html('<abbr class="flag flag--code" title="{}">{}</abbr>', name, code[:3])


@register.simple_tag
def clock(
    owner: str,
    due: datetime | None,
    *,
    start: datetime | None = None,
    met: bool = False,
    held: bool = False,
    title: str = "",
    size: str = "",
    now: datetime | None = None,
) -> SafeString:
    """A deadline's tile: ``owner`` is "platform" or "company"; ``title`` explains the rule.

    ``start`` is when the clock began; with it the last quarter is drawn as near.
    """
    if owner not in OWNERS:
        raise template.TemplateSyntaxError(
            f"clock: the owner is {owner!r}; it must be 'platform' or 'company'."
        )
    if due is None and not (met or held):
        return SafeString("")
    face = _face(due, start=start, met=met, held=held, now=now or timezone.now())
    says = _clock_says(owner, title)
    running = face.state not in ("met", "held")
    return format_html(
        '<span class="clock clock--{}{}{}" data-q="{}"{} title="{}"><b aria-hidden="true">{}</b>'
        '<span class="vh">{} </span><time{}>{}</time></span>',
        owner,
        f" is-{face.state}" if face.state else "",
        f" clock--{size}" if size else "",
        face.quarter,
        _clock_data(due, start) if running else "",
        says,
        _clock_tile(owner),
        says,
        format_html(' datetime="{}"', due.isoformat()) if due else "",
        face.text,
    )


def _face(
    due: datetime | None, *, start: datetime | None, met: bool, held: bool, now: datetime
) -> ClockFace:
    if met:
        return ClockFace(state="met", quarter=4, text=pgettext("clock", "met"))
    if held or due is None:
        return ClockFace(state="held", quarter=4, text=pgettext("clock", "held"))
    return read_clock(due, now=now, start=start)


def _clock_data(due: datetime | None, start: datetime | None) -> SafeString:
    data = format_html(' data-due="{}"', due.isoformat()) if due else SafeString("")
    return data + format_html(' data-start="{}"', start.isoformat()) if start else data


def _clock_tile(owner: str) -> str:
    if owner == "platform":
        return pgettext("tile of a clock, platform", "P")
    return pgettext("tile of a clock, company", "C")


def _clock_says(owner: str, title: str) -> str:
    kind = _("Platform deadline") if owner == "platform" else _("Company promise")
    return _("%(kind)s: %(rule)s") % {"kind": kind, "rule": title} if title else kind


@register.simple_tag
def ago(moment: datetime | None, *, now: datetime | None = None) -> SafeString:
    """How long ago, with the exact local time on hover; the scripts keep it true."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time class="ago" datetime="{}" data-ago title="{}">{}</time>',
        moment.isoformat(),
        date_format(timezone.localtime(moment), "DATETIME_FORMAT"),
        ago_text(moment, now=now or timezone.now()),
    )


@register.simple_tag
def day(moment: datetime, *, now: datetime | None = None) -> str:
    """The heading of a day in a thread."""
    return day_heading(moment, now=now or timezone.now())


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as ``3h 12m``; a dash when there are none."""
    return "–" if seconds is None else duration_text(timedelta(seconds=seconds))


@register.simple_tag
def channel_mark(platform: str) -> SafeString:
    """The tile of a channel: letters, or the envelope for mail."""
    letters, name = channel_letters(platform)
    if letters.startswith("icon:"):
        inner: str = icon(letters.removeprefix("icon:"), "s")
    else:
        inner = letters
    return format_html('<span class="chan" title="{}"><span aria-hidden="true">{}</span>'
                       '<span class="vh">{}</span></span>', name, inner, name)  # fmt: skip


@register.filter
def channel_name(platform: str) -> str:
    """A platform's name as people write it."""
    return channel_letters(platform)[1]


@register.simple_tag
def avatar(name: str, *, platform: str = "", lang: str = "") -> SafeString:
    """A buyer: letters on a round ground, the channel's tile below."""
    letters = buyer_letters(name)
    return format_html(
        '<span class="ava"{}><span aria-hidden="true">{}</span>{}</span>',
        format_html(' lang="{}"', lang) if lang else "",
        letters or icon("buyer"),
        channel_mark(platform) if platform else "",
    )


@register.simple_tag
def mate(name: str, *, state: str = "", bot: bool = False, size: str = "") -> SafeString:
    """A colleague; ``state`` is "writing", "looking", "idle" or ""; the bot is square."""
    letters = "A" if bot else colleague_letters(name)
    states = {"writing": _("writing"), "looking": _("looking"), "idle": _("open, idle")}
    title = f"{name} · {states[state]}" if state in states else name
    css = "".join(
        part
        for part in (
            " mate--bot" if bot else "",
            f" is-{state}" if state in states else "",
            f" mate--{size}" if size else "",
            " mate--two" if len(letters) > 1 else "",
        )
    )
    return format_html(
        '<span class="mate{}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="vh">{}</span>{}</span>',
        css, title, letters or "?", title, _pen() if state == "writing" else "",
    )  # fmt: skip


def _pen() -> SafeString:
    return format_html('<svg class="i pen" aria-hidden="true"><use href="{}#pen"/></svg>',
                       static(ICONS))  # fmt: skip


@register.simple_tag(takes_context=True)
def problem(context: Context, code: str, *, branch: str = "", leaf: str = "") -> SafeString:
    """A problem as branch › leaf.

    The seller's own words win: arguments first, then ``problem_labels`` in the context, a mapping
    from code to label.
    """
    if not code:
        return SafeString("")
    own = context.get("problem_labels") or {}
    words = problem_words(code)
    root = code.partition(".")[0]
    return format_html(
        '<span class="problem" data-problem="{}"><i>{}</i><span>{}</span></span>',
        code,
        branch or own.get(root) or words.branch,
        leaf or own.get(code) or words.leaf,
    )


@register.filter
def problem_leaf(code: str) -> str:
    """The leaf's words alone."""
    return problem_words(code or "").leaf


@register.filter
def evidence(text: str | None, spans: Iterable[Any] | None) -> SafeString:
    """Text with the words behind its labels underlined, everything escaped."""
    return underline(text or "", spans or ())


@register.filter
def stroke(label: str) -> str:
    """The class of a label's underline, the same in the text and in the reading below it."""
    kind = stroke_of(label)
    return f"ev ev--{kind}" if kind else ""


@register.simple_tag
def words() -> SafeString:
    """The JSON island of words for the scripts."""
    return json_script(script_words(), "words")


@register.simple_tag(takes_context=True)
def look(context: Context) -> SafeString:
    """The attributes of ``<html>``: language, direction, and the theme and density chosen."""
    chosen = _chosen_look(context)
    code = get_language() or "en"
    attributes = format_html(
        'lang="{}" dir="{}"',
        LANGUAGE_TAGS.get(code, code),
        "rtl" if get_language_bidi() else "ltr",
    )
    for name, allowed in LOOKS.items():
        if chosen.get(name) in allowed:
            attributes += format_html(' data-{}="{}"', name, chosen[name])
    return attributes


def _chosen_look(context: Context) -> Mapping[str, str]:
    person = context.get("user")
    if getattr(person, "is_authenticated", False):
        return {name: str(getattr(person, name, "")) for name in LOOKS}
    return getattr(context.get("request"), "COOKIES", {})


@register.simple_tag
def time_in(zone: str) -> str:
    """The time of day in a zone such as ``Asia/Shanghai``."""
    return date_format(timezone.now().astimezone(ZoneInfo(zone)), "H:i")
