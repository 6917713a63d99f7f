"""Curves of a report as SVG without a colour of their own: the page around them has the styles.

What is drawn over everything has class ``main`` or ``mark``; lines of the grid are plain.
"""

from __future__ import annotations

from collections.abc import Sequence

Triple = tuple[float, float, float] | Sequence[float]
_WIDTH, _HEIGHT, _EDGE = 420, 280, 34


def calibration_plot(bins: Sequence[Triple]) -> str:
    """Share that is right by confidence; on the diagonal a confidence means what it says."""
    even = f'<line class="axis" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _plot([(x, y) for x, y, _ in bins], "main", even)


def coverage_plot(curve: Sequence[Triple]) -> str:
    """Share that is right against the share of messages that a bar of confidence lets through."""
    return _plot([(covered, right) for _, covered, right in curve], "mark")


def _plot(points: Sequence[tuple[float, float]], tone: str, under: str = "") -> str:
    """Points of the unit square, joined."""
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    grid = "".join(
        f'<text class="c" x="{_x(n / 4):.0f}" y="{_HEIGHT - 10}" text-anchor="middle">{n / 4:g}'
        f'</text><text class="r" x="{_EDGE - 6}" y="{_y(n / 4) + 4:.0f}" text-anchor="end">'
        f"{n / 4:g}</text>"
        f'<line x1="{_EDGE}" x2="{_WIDTH}" y1="{_y(n / 4):.0f}" y2="{_y(n / 4):.0f}"/>'
        for n in range(5)
    )
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH + 14} {_HEIGHT}" width="{_WIDTH}"'
        f' aria-hidden="true">{grid}{under}<polyline class="{tone}" points="{path}"/></svg>'
    )


def _x(value: float) -> float:
    return _EDGE + value * (_WIDTH - _EDGE)


def _y(value: float) -> float:
    return _HEIGHT - _EDGE + 6 - value * (_HEIGHT - _EDGE - 6)
