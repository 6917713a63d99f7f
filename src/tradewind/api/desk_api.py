"""The ninja API of the desk: orjson in and out, problem details, scopes told in the schema."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import Http404, HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from tradewind import __version__
from tradewind.api.access import SECURITY_NAME, Needs
from tradewind.api.problems import answer_error
from tradewind.core.problems import MEDIA_TYPE

PREFIX = "api/v1/"
_REFUSALS = {
    400: "The body is not JSON",
    401: "No token, or one that is unknown, revoked or out of date",
    403: "The token is not good for this",
    404: "There is no such thing, or it is not yours to see",
    409: "Somebody or something else was quicker",
    413: "The body is too large",
    422: "Something given is not of the form it must have",
    429: "Too many requests; Retry-After says when to come back",
    500: "Something broke on our side",
    503: "The database is away; try again with the same key or external_id",
}
_WITH_BODY = {400, 413}
_PROBLEM = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong in this case."},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "One entry for each thing that is wrong.",
            "items": {"type": "object"},
        },
    },
}


class JsonParser(Parser):
    """Refuses what a database cannot keep, such as half an emoji."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's JSON; raises orjson.JSONDecodeError."""
        return orjson.loads(request.body)


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The answer's bytes; times in UTC with a Z."""
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


class DeskSchema(OpenAPISchema):
    """OpenAPI 3.1 with each operation's scopes and its refusals."""

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        """One alternative for each scope that opens the operation."""
        needs = [auth for auth in operation.auth_callbacks if isinstance(auth, Needs)]
        if not needs:
            return None
        self.securitySchemes[SECURITY_NAME] = needs[0].openapi_security_schema
        return [{SECURITY_NAME: [str(scope)]} for scope in needs[0].scopes]

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        """The operation with every refusal that it may answer."""
        details: dict[str, Any] = super().operation_details(operation)
        details["responses"] = {str(code): r for code, r in details["responses"].items()}
        for status in _REFUSALS:
            if status not in _WITH_BODY or "requestBody" in details:
                details["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}
        return details

    def get_components(self) -> dict[str, Any]:
        """Schemas, security and the refusals."""
        components: dict[str, Any] = super().get_components()
        components["schemas"]["Problem"] = _PROBLEM
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        components["responses"] = {
            str(status): {"description": said, "content": content}
            for status, said in _REFUSALS.items()
        }
        return components


class DeskAPI(NinjaAPI):
    """Answers programs."""

    def __init__(self) -> None:
        super().__init__(
            title="Tradewind",
            version=__version__,
            description="The after-sales desk for programs: messages in, conversations and "
            "replies out, texts read.",
            urls_namespace="api-v1",
            openapi_url=None,
            docs_url=None,
            parser=JsonParser(),
            renderer=JsonRenderer(),
        )
        for kind in (Exception, Http404, HttpError, ValidationError):
            self.add_exception_handler(kind, answer_error)

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        """The description of every operation."""
        return DeskSchema(self, PREFIX)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The view's name in camel case: list_channels is listChannels."""
        first, *more = operation.view_func.__name__.split("_")
        return first + "".join(word.title() for word in more)

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Keeps what was given, so that the refusal can show it."""
        errors: list[dict[str, Any]] = []
        for context in error_contexts:
            names = context.model.__ninja_flatten_map_reverse__
            for error in context.pydantic_validation_error.errors(include_url=False):
                loc = names.get(error["loc"], error["loc"])
                errors.append({**error, "loc": (context.model.__ninja_param_source__, *loc)})
        return ValidationError(errors)
