"""The models: who reads, who challenges, and each one's report."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.identity.roles import Right
from tradewind.learning import services as learning
from tradewind.learning import trials
from tradewind.learning.registry import BUILT_IN, Entry
from tradewind.nlp.evaluation.plots import calibration_plot, coverage_plot
from tradewind.web.auth import screen
from tradewind.web.learning.places import page, tried
from tradewind.web.middleware import DeskRequest

FIGURES = {
    "intent": _("Problem"),
    "intent_in_three": _("Problem among the first three"),
    "top_level": _("Branch"),
    "complaint": _("Complaint, macro-F1"),
    "implicit": _("Complaint between the lines, F1"),
    "emotion": _("Mood, macro-F1"),
    "threats": _("Threats, micro-F1"),
    "threats_invented": _("Threats invented"),
    "urgency": _("Urgency, exact"),
    "urgency_near": _("Urgency, within one step"),
    "language": _("Language"),
    "numbers": _("Numbers, exact F1"),
    "calibration_error": _("Calibration error"),
    "intent_worst": _("Problem, weakest language"),
    "act_bar": _("Bar to act alone"),
    "act_coverage": _("Covered at that bar"),
}
_IN_LIST = ("intent", "top_level", "intent_worst", "calibration_error")
_BY_LANGUAGE = ("intent", "top_level", "complaint", "emotion", "urgency", "language")


@screen(Right.MANAGE_LEARNING)
def models(request: DeskRequest) -> HttpResponse:
    """The registry."""
    registry = learning.registry()
    standing = registry.standing()
    return page(
        request,
        "models",
        at="learning_models",
        rows=[
            (entry, learning.who_is(entry.name, standing), _cells(entry))
            for entry in registry.entries()
        ],
        heads=[FIGURES[name] for name in _IN_LIST],
        standing=standing,
        former=standing.champions[-2] if len(standing.champions) > 1 else "",
        built_in=BUILT_IN,
    )


def _cells(entry: Entry) -> list[str]:
    if entry.report is None:
        return ["–" for _ in _IN_LIST]
    return [f"{entry.report['figures'][name]:.3f}" for name in _IN_LIST]


@screen(Right.MANAGE_LEARNING)
def model(request: DeskRequest, model: str) -> HttpResponse:
    """One model: its card, how it does beside the champion, and its report."""
    registry = learning.registry()
    entry = registry.get(model)
    return page(
        request,
        "model",
        at="learning_models",
        entry=entry,
        role=learning.who_is(model, registry.standing()),
        built_in=BUILT_IN,
        beside=trials.standoff(model),
        **(_report(entry.report) if entry.report else {}),
    )


def _report(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "report": report,
        "figures": [(FIGURES[k], v) for k, v in report["figures"].items() if k in FIGURES],
        "calibration": _drawn(calibration_plot(report["calibration"])),
        "coverage": _drawn(coverage_plot(report["curve"])),
        "language_heads": [FIGURES[name] for name in _BY_LANGUAGE],
        "languages": [
            (name, [figures[each] for each in _BY_LANGUAGE])
            for name, figures in report["groups"].items()
        ],
    }


def _drawn(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308  # made of numbers alone


@require_POST
@screen(Right.MANAGE_LEARNING)
def use(request: DeskRequest, model: str) -> HttpResponse:
    """Make a model the champion."""
    return tried(
        request,
        lambda: learning.use_model(request.actor, model),
        _("“%(model)s” reads from the next message on.") % {"model": model},
        "learning_models",
    )


@require_POST
@screen(Right.MANAGE_LEARNING)
def challenge(request: DeskRequest, model: str) -> HttpResponse:
    """Have a model read beside the champion."""
    return tried(
        request,
        lambda: learning.challenge(request.actor, model),
        _("“%(model)s” reads beside the champion now; what it says is kept and not shown.")
        % {"model": model},
        "learning_models",
    )


@require_POST
@screen(Right.MANAGE_LEARNING)
def end_challenge(request: DeskRequest) -> HttpResponse:
    """Have nobody read beside the champion."""
    return tried(
        request,
        lambda: learning.challenge(request.actor, ""),
        _("Nobody reads beside the champion any more."),
        "learning_models",
    )


@require_POST
@screen(Right.MANAGE_LEARNING)
def back(request: DeskRequest) -> HttpResponse:
    """Make the champion before this one champion again."""
    return tried(
        request,
        lambda: learning.back(request.actor),
        _("The champion before reads again."),
        "learning_models",
    )
