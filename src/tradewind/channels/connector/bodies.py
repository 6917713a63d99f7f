"""Request bodies as plain data: JSON, form fields or XML, with limits on what is read."""

from __future__ import annotations

import json
from typing import NoReturn
from urllib.parse import parse_qsl
from xml.parsers import expat

from tradewind.channels.contract import JSON, MappingFailed

MAX_BYTES = 5_000_000
MAX_FIELDS = 1_000
_MAX_DEPTH = 50
_MAX_NODES = 50_000


def decode(kind: str, body: bytes) -> JSON:
    """The body as JSON-like data; ``kind`` is json, form or xml.

    Raises MappingFailed with a sentence when it is none of that, or too large.
    """
    if len(body) > MAX_BYTES:
        raise MappingFailed(f"The body has {len(body)} bytes, at most {MAX_BYTES} are read.")
    if kind == "xml":
        return decode_xml(body)
    try:
        text = body.decode()
    except UnicodeDecodeError as fault:
        raise MappingFailed(f"The body is not UTF-8 at byte {fault.start}.") from None
    return decode_form(text) if kind == "form" else decode_json(text)


def decode_json(text: str) -> JSON:
    """The value of a JSON text; NaN and Infinity are refused as JSON does."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise MappingFailed("The body is nested too deeply to be read as JSON.") from None
    except ValueError as fault:
        raise MappingFailed(f"The body is not JSON: {str(fault)[:160]}.") from None


def decode_form(text: str) -> dict[str, str]:
    """The fields of a form body; of a repeated field the first value."""
    fields: dict[str, str] = {}
    for name, value in form_pairs(text):
        fields.setdefault(name, value)
    return fields


def form_pairs(text: str) -> list[tuple[str, str]]:
    """Name and value of each form field in the order of the body."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as fault:
        raise MappingFailed(f"The body is not a form: {str(fault)[:160]}.") from None


def decode_xml(body: bytes) -> dict[str, JSON]:
    """The children of the root element: text, or nested objects; repeated ones as a list.

    A document type or entity declaration is refused, so nothing can expand or be fetched.
    """
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.buffer_text = True
    try:
        parser.Parse(body, True)  # noqa: FBT003  # the flag is positional in expat
    except expat.ExpatError as fault:
        raise MappingFailed(f"The body is not XML: {fault}.") from None
    return tree.root


class _Tree:
    """Builds nested dictionaries from expat's events."""

    def __init__(self) -> None:
        self.root: dict[str, JSON] = {}
        self._open: list[tuple[str, dict[str, JSON], list[str]]] = []
        self._nodes = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._nodes += 1
        if len(self._open) >= _MAX_DEPTH or self._nodes > _MAX_NODES:
            raise MappingFailed("The XML body is nested too deeply or has too many elements.")
        self._open.append((name, {}, []))

    def text(self, data: str) -> None:
        self._open[-1][2].append(data)

    def end(self, _name: str) -> None:
        name, children, parts = self._open.pop()
        if not self._open:
            self.root = children
            return
        value: JSON = children or "".join(parts)
        parent = self._open[-1][1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise MappingFailed("The XML body declares a document type or an entity; that is refused.")


def _refuse_constant(name: str) -> NoReturn:
    raise MappingFailed(f"The body is not JSON: it holds {name}.")
