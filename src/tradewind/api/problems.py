"""Every refusal as problem details (RFC 9457), whatever went wrong."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from tradewind.core.problems import MEDIA_TYPE, Problem
from tradewind.core.troubles import is_passing

log = structlog.get_logger(__name__)
_SHOWN = 60


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as an answer, with the headers that its status asks for."""
    response = HttpResponse(
        orjson.dumps(problem.as_dict(instance=request.path)),
        status=problem.status,
        content_type=MEDIA_TYPE,
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if "retry_after" in problem.extra:
        response["Retry-After"] = str(problem.extra["retry_after"])
    return response


def answer_error(request: HttpRequest, error: Any) -> HttpResponse:
    """What a program is told; an exception that nobody foresaw tells nothing of our inside."""
    return problem_response(request, problem_of(error, path=request.path))


def problem_of(error: Exception, *, path: str) -> Problem:
    """The problem that an exception means."""
    match error:
        case Problem():
            return error
        case ValidationError():
            return _not_valid(error.errors)
        case RequestDataTooBig():
            return Problem(status=413, title="Too large", detail="this body is larger than is read")
        case HttpError():
            return _http_error(error)
        case Http404():
            return not_found(path)
        case DatabaseError() | InterfaceError() if is_passing(error):
            log.warning("api.database_away", error=str(error))
            # Not "nothing was taken": a connection may break between the commit and its answer.
            detail = "try again in a few seconds, with the same key or external_id"
            return Problem(status=503, title="The database is away", detail=detail, retry_after=2)
    log.error("api.broke", path=path, exc_info=error)
    return Problem(
        status=500,
        title="Something broke",
        detail="this is our fault, not yours; it has been written to the log",
    )


def not_found(path: str) -> Problem:
    """There is nothing at this address."""
    return Problem(status=404, title="Not found", detail=f"there is nothing at {path[:200]}")


def not_allowed(method: str, allowed: str) -> Problem:
    """The address is right and the method is not."""
    detail = f"got {method}, wanted {allowed}"
    return Problem(status=405, title="Method not allowed", detail=detail)


def _http_error(error: HttpError) -> Problem:
    cause = error.__cause__
    if isinstance(cause, RequestDataTooBig):
        return problem_of(cause, path="")
    if isinstance(cause, orjson.JSONDecodeError):
        return Problem(status=400, title="Not JSON", detail=str(cause))
    return Problem(status=error.status_code, title=str(error))


def _not_valid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    told = [
        {"field": _field(e["loc"]), "got": _shown(e), "wanted": _wanted(e)} for e in errors[:50]
    ]
    first = told[0]
    return Problem(
        status=422,
        title="Not valid",
        detail=f"{first['field']}: got {first['got']}, wanted {first['wanted']}",
        errors=told,
    )


def _field(loc: Sequence[Any]) -> str:
    """The name the caller used: without the place (body, query) and our parameter's own name."""
    names = [str(part) for part in loc]
    if names[:1] == ["body"]:
        names = names[2:] or ["body"]
    elif len(names) > 1:
        names = names[1:]
    return ".".join(names)


def _shown(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "nothing"
    given = error.get("input")
    text = f"“{given}”" if isinstance(given, str) else reprlib.repr(given)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _wanted(error: Mapping[str, Any]) -> str:
    said = str(error["msg"]).removeprefix("Value error, ")
    for start in ("Input should be ", "Input should have ", "String should "):
        said = said.removeprefix(start)
    names = {"missing": "a value", "extra_forbidden": "no such field"}
    return names.get(error["type"], said)
