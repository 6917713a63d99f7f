"""A report as one HTML page that needs nothing else: tables and drawn curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tradewind.nlp.evaluation.plots import calibration_plot, coverage_plot
from tradewind.nlp.evaluation.report import Report

TITLES = {
    "intent": "Intent",
    "intent_in_three": "Intent among the first three",
    "top_level": "Top level",
    "complaint": "Complaint, macro-F1",
    "implicit": "Implicit complaint, F1",
    "emotion": "Emotion, macro-F1",
    "threats": "Threats, micro-F1",
    "threats_invented": "Threats invented",
    "urgency": "Urgency, exact",
    "urgency_near": "Urgency, within one step",
    "language": "Language",
    "numbers": "Numbers, exact F1",
    "calibration_error": "Calibration error",
    "intent_worst": "Intent, weakest language",
    "act_bar": "Bar to act alone (98 % right)",
    "act_coverage": "Covered at that bar",
}
"""Each figure's name for people; those of ``Report.figures``."""
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#667085;--line:#d9dee6;--a:#1f6feb;--b:#c2410c}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#98a2b3;--line:#344054;--a:#6ea8fe}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink)}
body{margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}p{color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
svg line{stroke:var(--line)}svg text{font-size:11px;fill:var(--soft)}
svg polyline{fill:none;stroke-width:2;stroke:var(--a)}svg .mark{stroke:var(--b)}
.plots{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0}figcaption{color:var(--soft)}
"""


def as_html(report: Report) -> str:
    """The whole report as a page."""
    per_second = report.messages / report.seconds if report.seconds else 0
    stages = ", ".join(f"{name}: {count}" for name, count in report.stages.items())
    parts = [
        f"<h1>{escape(report.model)}</h1>",
        f"<p>{report.messages} messages, {per_second:.0f} a second on one core. "
        f"Read by {escape(stages)}.</p>",
        _table(["Figure", "Value"], ([TITLES[k], _number(v)] for k, v in report.figures.items())),
        '<h2>Confidence</h2><div class="plots">',
        _figure(
            "Right by confidence: on the line, a confidence means what it says",
            calibration_plot(report.calibration),
        ),
        _figure(
            "Right (orange) against the share of messages that a bar of confidence lets through",
            coverage_plot(report.curve),
        ),
        "</div><h2>Languages</h2>",
        _groups(report),
        "<h2>Problems</h2>",
        _table(
            ["Problem", "Precision", "Recall", "F1", "Messages"],
            (
                [leaf, *(_number(f[k]) for k in ("precision", "recall", "f1")), str(f["n"])]
                for leaf, f in report.leaves.items()
            ),
        ),
        "<h2>Commonest mistakes</h2>",
        _table(
            ["Was", "Read as", "Times"],
            ([wanted, got, str(count)] for wanted, got, count in report.confusions),
        ),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.model)}</title><style>{_STYLE}</style>{''.join(parts)}</html>"
    )


def _groups(report: Report) -> str:
    names = list(next(iter(report.groups.values()), {}))
    rows = ([group, *(_number(f[n]) for n in names)] for group, f in report.groups.items())
    return _table(["Language", *(TITLES[name] for name in names)], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _figure(caption: str, drawing: str) -> str:
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _number(value: float) -> str:
    return f"{value:.3f}"
