"""The OpenAPI document holds together, and its page works under the strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from tradewind.api.documents import schema
from tradewind.api.forms import StateName
from tradewind.inbox.models import State

pytestmark = pytest.mark.django_db


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _refs(each)


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(p, m, o) for p, methods in schema()["paths"].items() for m, o in methods.items()]


def test_the_document_is_given_to_everybody(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == schema()
    assert answer.json()["openapi"].startswith("3.1")


def test_every_reference_leads_somewhere():
    for ref in set(_refs(schema())):
        node: Any = schema()
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
        assert node


def test_every_operation_is_named_once_and_told():
    names = [operation["operationId"] for _, _, operation in _operations()]
    assert len(names) == len(set(names))
    assert all(o["summary"] and o["description"] for _, _, o in _operations())


def test_every_parameter_of_a_path_is_declared():
    for path, _, operation in _operations():
        declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_every_operation_tells_what_it_answers_and_how_it_refuses():
    for path, method, operation in _operations():
        assert {"401", "403", "422", "429"} <= operation["responses"].keys(), (path, method)
        assert any(status.startswith("2") for status in operation["responses"])


def test_the_promised_operations_are_there():
    there = {(method, path) for path, method, _ in _operations()}
    assert {
        ("post", "/api/v1/messages"),
        ("get", "/api/v1/conversations"),
        ("get", "/api/v1/conversations/{conversation_id}"),
        ("post", "/api/v1/conversations/{conversation_id}/replies"),
        ("post", "/api/v1/triage"),
    } <= there


def test_the_states_told_are_the_states_there_are():
    assert set(get_args(StateName)) == set(State.values)


@pytest.fixture
def page(client) -> Any:
    return client.get("/api/v1/docs")


def test_the_page_shows_every_operation_with_an_example(page):
    text = page.content.decode()
    for path, _, operation in _operations():
        assert f'id="{operation["operationId"]}"' in text
        assert path in text
    assert text.count("curl") >= len(_operations())


def test_the_page_needs_nothing_that_the_policy_forbids(page):
    text = page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text)
    sources = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', text)
    assert sources
    assert all(source.startswith("/static/api/") for source in sources)
