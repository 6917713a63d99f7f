"""How far long work is: a bar on a terminal, plain lines where nobody looks."""

from __future__ import annotations

import sys
import time
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

EVERY_SECONDS = 5.0


class Meter:
    """Told how much of ``total`` is done and what to say beside it; shows rate and time left.

    ``unit`` is "bytes" or the name of what is counted. Everything goes to standard error.
    """

    def __init__(self, title: str, *, total: int, unit: str) -> None:
        self._title, self._total, self._unit = title, max(1, total), unit
        self._begun = self._said_at = time.monotonic()
        self._first: int | None = None
        self._bar = self._make_bar() if sys.stderr.isatty() else None
        self._task = self._bar.add_task(title, total=self._total, text="") if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, done: int, text: str = "") -> None:
        """Show that so much is done."""
        if self._first is None:
            self._first, self._begun = done, time.monotonic()
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=min(done, self._total), text=text)
        elif time.monotonic() - self._said_at >= EVERY_SECONDS:
            self._said_at = time.monotonic()
            click.echo(self._line(done, text), err=True)

    def _line(self, done: int, text: str) -> str:
        passed = max(0.001, time.monotonic() - self._begun)
        rate = (done - (self._first or 0)) / passed
        left = f", {_span((self._total - done) / rate)} left" if rate > 0 else ""
        speed = (
            f"{rate / 2**20:.1f} MB/s" if self._unit == "bytes" else f"{rate:.0f} {self._unit}/s"
        )
        share = min(100, 100 * done // self._total)
        return f"{self._title}: {share} %, {speed}{left}{f' ({text})' if text else ''}"

    def _make_bar(self) -> Progress:
        counts: list[ProgressColumn] = [MofNCompleteColumn()]
        if self._unit == "bytes":
            counts = [DownloadColumn(), TransferSpeedColumn()]
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *counts,
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
            console=Console(stderr=True),
        )


def _speed(rate: float) -> str:
    return f"{rate / 2**20:.1f} MB/s" if rate >= 2**20 else f"{rate / 2**10:.0f} kB/s"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
