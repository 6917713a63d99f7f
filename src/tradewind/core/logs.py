"""One log for all that runs here: JSON lines or a console, with nothing in it to be ashamed of."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from tradewind.core.redaction import redact_member, redact_text

Event = MutableMapping[str, Any]
# Set by structlog itself; redacting a timestamp would only cost.
_PLAIN = frozenset({"timestamp", "level", "logger", "_record", "_from_structlog"})
# They say at INFO what nobody reads twice.
_CHATTY = ("procrastinate", "httpx", "httpcore", "asyncio", "urllib3", "_granian")


def set_up(*, level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Send every logger of the process, structlog's and the standard library's, one way.

    ``form`` is ``json``, ``console`` or ``auto`` (console at a terminal). Lines go to standard
    error, so that standard output stays for answers. Python's warnings are logged too.
    """
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(out, form))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def redact_event(_: object, __: str, event: Event) -> Event:
    """Take secrets and personal data out of a log event (a structlog processor)."""
    for name, value in list(event.items()):
        if name == "event":
            event[name] = redact_text(str(value))
        elif name not in _PLAIN:
            event[name] = redact_member(name, value)
    return event


# What every line goes through, structlog's and the standard library's.
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    redact_event,
]


def _formatter(out: TextIO, form: str) -> logging.Formatter:
    is_console = form == "console" or (form == "auto" and out.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=out.isatty())
            if is_console
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
