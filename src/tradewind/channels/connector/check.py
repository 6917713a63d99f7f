"""``tradewind connector check``: connector files and their example cases run, readably."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from tradewind.channels.connector import times
from tradewind.channels.connector.cases import Case, CaseBroken, read_case
from tradewind.channels.connector.comparing import differences
from tradewind.channels.connector.errors import ConnectorInvalid, ExpressionFailed
from tradewind.channels.connector.loading import load_connector
from tradewind.channels.connector.model import PollRule, SignatureRule
from tradewind.channels.connector.polling import parse_page
from tradewind.channels.connector.refusals import inbound_at, not_refused, spoil
from tradewind.channels.connector.templates import Constant, Interpolated
from tradewind.channels.connector.verifying import moment_of
from tradewind.channels.contract import Event, MappingFailed

_MAPPED = frozenset({"webhook", "poll", "sqs"})


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one file fared: ``faults`` are differences, ``skipped`` says why nothing was run."""

    path: Path
    checks: int = 0
    faults: Sequence[str] = ()
    warnings: Sequence[str] = ()
    skipped: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether nothing differed."""
        return not self.faults


@dataclass(slots=True)
class _Tally:
    checks: int = 0
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def note(self, fault: str) -> None:
        self.checks += 1
        if fault:
            self.faults.append(fault)


def main(paths: Sequence[str]) -> int:
    """Check the paths and print what was found; the exit status, 0 when nothing differs."""
    results = check([Path(path) for path in paths])
    for result in results:
        _show(result)
    bad = sum(not result.is_ok for result in results)
    skipped = sum(bool(result.skipped) for result in results)
    checks = sum(result.checks for result in results)
    click.echo(f"{len(results)} files, {checks} checks, {bad} with differences, {skipped} skipped")
    return 1 if bad or not results else 0


def check(paths: Sequence[Path]) -> list[CaseResult]:
    """The result of every case and connector file under the paths.

    A path is a folder tree, a ``*.meta.json`` case or a connector TOML.
    """
    return [result for path in paths for result in _check_path(path)]


def _check_path(path: Path) -> Iterator[CaseResult]:
    if path.is_dir():
        found = sorted([*path.rglob("*.meta.json"), *filter(_is_connector, path.rglob("*.toml"))])
        if not found:
            yield CaseResult(path, faults=["holds no *.meta.json case and no connector file"])
        for inner in found:
            yield _check_file(inner)
    elif not path.is_file():
        yield CaseResult(path, faults=["is not there"])
    else:
        yield _check_file(path)


def _is_connector(path: Path) -> bool:
    """Whether a TOML file in a tree means to be a connector; a broken one does, to be told."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8", errors="replace"))
    except tomllib.TOMLDecodeError:
        return True
    return "platform" in data


def _check_file(path: Path) -> CaseResult:
    try:
        if path.suffix == ".toml":
            load_connector(path)
            return CaseResult(path, checks=1)
        if not path.name.endswith(".json"):
            return CaseResult(path, faults=["wants a *.meta.json case or a connector *.toml"])
        return _check_case(read_case(path))
    except ConnectorInvalid as fault:
        return CaseResult(path, checks=1, faults=str(fault).splitlines())
    except CaseBroken as fault:
        return CaseResult(path, checks=1, faults=[str(fault)])


def _check_case(case: Case) -> CaseResult:
    rule = case.connector.webhook.signature if case.connector.webhook else None
    if case.transport not in _MAPPED:
        return CaseResult(
            case.path, skipped=f"transport {case.transport} is not a connector file's"
        )
    tally = _Tally()
    if case.transport == "webhook":
        if rule is not None and rule.scheme == "hook":
            return CaseResult(case.path, skipped=f"its signature needs hook:{rule.hook}")
        _check_signature(case, rule, tally)
    if not case.expect_refused:
        _check_events(case, rule, tally)
    return CaseResult(case.path, tally.checks, tally.faults, tally.warnings)


def _check_signature(case: Case, rule: SignatureRule | None, tally: _Tally) -> None:
    now = _now(case, rule)
    inbound = inbound_at(case.connector, now, case.public_keys)
    verdict = inbound.verify(case.account, case.request)
    if case.expect_refused:
        tally.note("the request was accepted, wanted a refusal" if verdict.ok else "")
        return
    if not verdict.ok:
        tally.note(f"the signature was refused: {verdict.reason}")
        return
    tally.note("")
    if rule is None or inbound.is_challenge(case.account, case.request):
        return
    for spoiled in spoil(rule, case.account, case.request, now=now):
        tally.note(not_refused(case.connector, spoiled, case.public_keys))
    first = inbound.dedupe_key(case.account, case.request)
    again = inbound.dedupe_key(case.account, case.request)
    tally.note("" if first and first == again else "the dedupe key changes on redelivery")


def _check_events(case: Case, rule: SignatureRule | None, tally: _Tally) -> None:
    try:
        events = _events(case, rule)
    except (MappingFailed, ExpressionFailed) as fault:
        wanted = case.expect_error
        fits = wanted and wanted in str(fault)
        tally.note("" if fits else f"wanted {wanted or 'events'!r}, got the error: {fault}")
        return
    if case.expect_error:
        tally.note(f"wanted the error {case.expect_error!r}, got {len(events)} events")
        return
    tally.warnings += [warning for event in events for warning in event.warnings]
    found = differences(case.expect or (), events)
    tally.checks += max(1, len(case.expect or ()))
    tally.faults += found


def _events(case: Case, rule: SignatureRule | None) -> list[Event]:
    now = _now(case, rule)
    if case.transport != "poll":
        inbound = inbound_at(case.connector, now, case.public_keys)
        return inbound.parse(case.account, case.request)
    events: list[Event] = []
    for poll in _polls(case):
        events += parse_page(case.connector, case.account, poll, case.request.body, now=now)
    return events


def _polls(case: Case) -> Sequence[PollRule]:
    """The polls whose path the answered URL ends in; all of them when none does."""
    path = urlsplit(case.answered_url).path
    fitting = [poll for poll in case.connector.polls if path and path.endswith(_path(poll))]
    return fitting or case.connector.polls


def _path(poll: PollRule) -> str:
    template = poll.request.path
    if isinstance(template, Constant):
        return str(template.value)
    return template.text if isinstance(template, Interpolated) else "\x00"


def _now(case: Case, rule: SignatureRule | None) -> datetime:
    """The clock of a case: as it says, else the signed timestamp, else the present."""
    if case.now is not None:
        return case.now
    if rule is not None and rule.timestamp is not None:
        source = rule.timestamp.source
        values = case.request.headers if source.kind == "header" else case.request.query
        moment = moment_of(rule.timestamp, values.get(source.argument, ""))
        if moment is not None:
            return moment
    return times.utc_now()


def _show(result: CaseResult) -> None:
    word = "skip" if result.skipped else "ok" if result.is_ok else "FAIL"
    detail = f": {result.skipped}" if result.skipped else f" ({result.checks} checks)"
    click.echo(f"{word:4} {result.path}{detail}")
    for fault in result.faults:
        click.echo(f"     - {fault}")
    for warning in result.warnings:
        click.echo(f"     ~ {warning}")
