"""An OpenAPI document as a page can show it: fields in rows, an example for each operation."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_EXAMPLES = {
    "external_id": "shop-4711",
    "text": "Where is my parcel 1Z999AA10123456784?",
    "name": "Anna Keller",
    "email": "anna@example.com",
    "state": "resolved",
}
# Enough to see what is meant; the rest is in the table.
_SHOWN = {"external_id", "from", "text", "state", "id"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is given or answered."""

    name: str
    place: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Told:
    """An operation as the page shows it."""

    id: str
    group: str
    method: str
    path: str
    summary: str
    description: str
    scopes: list[str]
    given: list[Field]
    answered: list[Field]
    statuses: list[tuple[str, str]]
    curl: str


def told_operations(document: Schema, *, base: str) -> Iterator[Told]:
    """Every operation of the document; ``base`` is the address in the examples."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Told(
                id=operation["operationId"],
                group=operation.get("tags", ["Other"])[0],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                description=operation.get("description", ""),
                scopes=[
                    s for need in operation.get("security", []) for ss in need.values() for s in ss
                ],
                given=list(_given(document, operation)),
                answered=list(_answered(document, operation)),
                statuses=[
                    (status, _resolved(document, answer).get("description", ""))
                    for status, answer in operation["responses"].items()
                ],
                curl=_curl(document, operation, address=base + path, method=method.upper()),
            )


def _given(document: Schema, operation: Schema) -> Iterator[Field]:
    for parameter in operation["parameters"]:
        place = {"in": parameter["in"], "required": parameter["required"]}
        yield _field(document, parameter["name"], parameter["schema"], **place)
    yield from _fields(document, _body(document, operation))


def _answered(document: Schema, operation: Schema) -> Iterator[Field]:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            content = answer.get("content", {}).get("application/json", {})
            yield from _fields(document, content.get("schema", {}))


def _body(document: Schema, operation: Schema) -> Schema:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return _resolved(document, schema.get("oneOf", [schema])[0])


def _fields(document: Schema, schema: Schema, prefix: str = "") -> Iterator[Field]:
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        items = _resolved(document, schema["items"])
        yield from _fields(document, items.get("anyOf", [items])[0], f"{prefix}[].")
    for name, inner in schema.get("properties", {}).items():
        required = name in schema.get("required", [])
        yield _field(document, prefix + name, inner, **{"in": "body", "required": required})
        if prefix.count(".") < 2:
            below = _resolved(document, _first(inner))
            mark = "[]." if below.get("type") == "array" else "."
            below = _resolved(document, below.get("items", below))
            yield from _fields(document, below, f"{prefix}{name}{mark}")


def _field(document: Schema, name: str, schema: Schema, **more: Any) -> Field:
    return Field(
        name=name,
        place=more["in"],
        type=_type(document, schema),
        is_required=more["required"],
        description=schema.get("description", ""),
    )


def _type(document: Schema, schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(document, one) for one in schema["anyOf"]))
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " · ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "object")
    if kind == "array":
        return f"list of {_type(document, schema.get('items', {}))}"
    named = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return str(schema.get("format", named))


def _first(schema: Schema) -> Schema:
    return next((s for s in schema.get("anyOf", []) if s.get("type") != "null"), schema)


def _resolved(document: Schema, schema: Schema) -> Schema:
    found: Any = schema
    while "$ref" in found:
        target = found["$ref"]
        found = document
        for part in target.removeprefix("#/").split("/"):
            found = found[part]
    return dict(found)


def _curl(document: Schema, operation: Schema, *, address: str, method: str) -> str:
    parts = [f"curl {shlex.quote(address)}"]
    if method != "GET":
        parts[0] = f"curl -X {method} {shlex.quote(address)}"
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if any(p["name"].lower() == "idempotency-key" for p in operation["parameters"]):
        parts.append("-H 'Idempotency-Key: reply-4711'")
    if body := _body(document, operation):
        parts += [
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(_example(document, body))}",
        ]
    return " \\\n  ".join(parts)


def _example(document: Schema, schema: Schema) -> str:
    return json.dumps(_example_of(document, schema), ensure_ascii=False)


def _example_of(document: Schema, schema: Schema) -> dict[str, Any]:
    example: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        if name == "from":
            example[name] = _example_of(document, inner)
        elif name in _EXAMPLES and (name in _SHOWN or "from" not in schema["properties"]):
            example[name] = _EXAMPLES[name]
    return example
