"""Bodies become canonical events; what is not understood is said in a sentence."""

from __future__ import annotations

import contextlib
import json
import logging
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.channels.connector import bodies, times
from tradewind.channels.connector.envelopes import seal_feishu
from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.expressions import compile_expression
from tradewind.channels.connector.functions import ConnectorFunctions
from tradewind.channels.connector.loading import connectors, load_connector
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, MappingFailed, RawRequest

ACCOUNT = Account("a", "p", {"me": "7"}, {"key": "k", "encrypt_key": "seal"})
FUNCTIONS = ConnectorFunctions({"word": {"a": "b", "7": "seven", "*": "other"}, "bare": {}})


def find(text: str, context: object) -> object:
    return compile_expression(text, functions=FUNCTIONS, names=None).find(context)


def parse(fields: str, body: bytes | object, *, webhook: str = "", event: str = "") -> list:
    text = f"""
format = 1
platform = "p"
secrets = ["key", "encrypt_key"]
[webhook]
{webhook}
[[webhook.event]]
kind = "message"
{event}
[webhook.event.fields]
{fields}
"""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = RawRequest("POST", "https://d/h", {"x-topic": "t"}, raw, {"q": "1"})
    return DeclaredInbound(load_connector(text)).parse(ACCOUNT, request)


IDS = 'id = "=body.id"\nconversation_id = "=body.c"\n'


@pytest.mark.parametrize(
    ("text", "context", "value"),
    [
        ("ts(@)", 1790416800, "2026-09-26T10:00:00Z"),
        ("ts(@)", "1790416800", "2026-09-26T10:00:00Z"),
        ("ts(@)", 0, None),
        ("ts(@)", "soon", None),
        ("ts(@)", 1e300, None),
        ("ts_ms(@)", 1790416800123, "2026-09-26T10:00:00.123Z"),
        ("ts_iso(@)", "2026-09-26T12:00:00+02:00", "2026-09-26T10:00:00Z"),
        ("ts_iso(@)", "2026-09-26T10:00:00", "2026-09-26T10:00:00Z"),
        ("ts_iso(@)", "0001-01-01T00:00:00+10:00", None),
        ("ts_iso(@)", {"a": 1}, None),
        ("ts_fmt(@, '%a %b %d %H:%M:%S %z %Y')", "Sat Sep 26 18:00:00 +0800 2026",
         "2026-09-26T10:00:00Z"),
        ("parse_json(@).a", '{"a":[1]}', [1]),
        ("parse_json(@).a", "{broken", None),
        ("parse_json(@)", "[" * 100_000, None),
        ("lookup(@, 'word')", "a", "b"),
        ("lookup(@, 'word')", 7, "seven"),
        ("lookup(@, 'word')", None, None),
        ("lookup(@, 'word')", "zz", "other"),
        ("lookup(@, 'bare') || 'no'", "zz", "no"),
        ("get(u, k).n", {"u": {"5": {"n": "Jo"}}, "k": 5}, "Jo"),
        ("get(u, k)", {"u": [], "k": "a"}, None),
        ("match(@, '([0-9]+)$')", "gid://shopify/Order/42", "42"),
        ("match(@, 'x')", None, None),
        ("html_text(@)", "<p>Hi&nbsp;<b>you</b></p><script>x()</script>a<br>b", "Hi\xa0you\na\nb"),
        ("html_text(@)", "2 < 3 and <3", "2 < 3 and <3"),
        ("compact(@)", [None, "", 0, "a"], [0, "a"]),
        ("join(' ', compact([a, b]))", {"a": "x"}, "x"),
        ("str(@)", None, None),
        ("str(@)", 820982911946154508, "820982911946154508"),
        ("str(@)", True, "true"),
        ("sha(@)", "a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("[a, b][?@ != `0` && @ != `null`] | [0]", {"a": 0, "b": 5}, 5),
        ("!(a.private)", {"a": {"private": False}}, True),
    ],
)  # fmt: skip
def test_functions_and_traps(text, context, value):
    assert find(text, context) == value


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(set(ConnectorFunctions.FUNCTION_TABLE) & {
        "parse_json", "ts", "ts_ms", "ts_iso", "html_text", "compact", "str", "sha"})),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
)  # fmt: skip
def test_a_function_gives_json_or_null_whatever_it_is_given(name, value):
    found = find(f"{name}(@)", value)
    assert found is None or isinstance(found, str | int | float | list | dict)


def test_an_expression_that_would_run_long_stops():
    wide = {"a": [{"b": list(range(700))} for _ in range(700)]}
    began = time.process_time()
    with pytest.raises(ExpressionFailed, match="steps"):
        find("a[].b[].[@, @, @][]", wide)
    assert time.process_time() - began < 5


def test_a_slow_pattern_cannot_be_fed():
    began = time.monotonic()
    find("match(@, '.*,.*;')", "," * 1_000_000)
    assert time.monotonic() - began < 1


def test_a_failing_field_is_null_with_a_warning_and_the_rest_stays():
    fields = IDS + 'text = "=join(\',\', body.words)"\nsubject = "=body.s"'
    (event,) = parse(fields, {"id": 1, "c": 2, "words": None, "s": "S"})
    assert event.fields["text"] is None
    assert event.fields["subject"] == "S"
    assert event.fields["id"] == "1"
    (warning,) = event.warnings
    assert warning.startswith("p message.text: ")


def test_a_value_outside_a_closed_list_is_a_warning():
    (event,) = parse(IDS + 'direction = "=body.d"', {"id": 1, "c": 2, "d": "sideways"})
    assert event.fields["direction"] is None
    assert "wants in, out, system" in event.warnings[0]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"c": 1}, "The message from p has no id."),
        ({"id": "", "c": 1}, "has no id"),
        ({"id": 1}, "has no conversation_id"),
        (b"", "The body is not JSON"),
        (b"\xff\xfe", "The body is not UTF-8 at byte 0"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id": NaN}', "it holds NaN"),
        (b"[]", "has no id"),
        (b"1" * 5000, "The body is not JSON"),
        (b" " * (bodies.MAX_BYTES + 1), "at most 5000000 are read"),
    ],
)
def test_a_body_that_is_not_understood_is_said_in_a_sentence(body, told):
    with pytest.raises(MappingFailed, match=told):
        parse(IDS, body)


def test_a_raising_when_counts_as_false_and_is_logged(caplog):
    event = "when = \"starts_with(body.kind, 'x')\""
    with caplog.at_level(logging.WARNING):
        assert parse(IDS, {"id": 1, "c": 2}, event=event) == []
    assert "when counts as false" in caplog.text


def test_inner_scopes_see_outer_ones_and_nulls_are_stepped_over():
    event = 'each = [["shop", "body.shops"], ["m", "shop.messages"]]\nwhen = "m.ok"'
    fields = 'id = "=m.id"\nconversation_id = "=join(\':\', [shop.name, m.id])"'
    body = {
        "shops": [
            {"name": "A", "messages": [{"id": "1", "ok": True}, None, {"id": "2"}]},
            {"name": "B"},
        ]
    }
    assert [e.fields["conversation_id"] for e in parse(fields, body, event=event)] == ["A:1"]


def test_forms_and_xml_are_read_alike():
    (event,) = parse(IDS + 'text = "=body.t"', b"id=1&c=2&t=a%26b&t=again", webhook='body = "form"')
    assert event.fields["text"] == "a&b"
    xml = "<xml><id>1</id><c><![CDATA[2]]></c><t>退款</t></xml>".encode()
    (event,) = parse(IDS + 'text = "=body.t"', xml, webhook='body = "xml"')
    assert event.fields["text"] == "退款"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x><id>&a;</id></x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<x>" * 60 + b"</x>" * 60,
        b"<x><id>1</x>",
        b"<x>" + b"<a/>" * 60_000 + b"</x>",
        b"",
    ],
)
def test_hostile_xml_is_refused(body):
    with pytest.raises(MappingFailed):
        bodies.decode("xml", body)


def test_an_envelope_is_opened_and_a_wrong_one_said():
    hook = 'decode = "hook:aes_cbc_envelope"'
    sealed = seal_feishu("seal", {"id": 1, "c": 2, "t": "你好"}, iv=b"0" * 16)
    (event,) = parse(IDS + 'text = "=body.t"', sealed, webhook=hook)
    assert event.fields["text"] == "你好"
    with pytest.raises(MappingFailed, match=r"cannot be opened|not JSON"):
        parse(IDS, seal_feishu("other", {"id": 1}, iv=b"0" * 16), webhook=hook)
    with pytest.raises(MappingFailed, match="not base64"):
        parse(IDS, b'{"encrypt":"***"}', webhook=hook)


def test_an_unknown_hook_is_said_when_it_is_needed():
    with pytest.raises(MappingFailed, match="needs hook:nobody, which is not there"):
        parse(IDS, {"id": 1}, webhook='decode = "hook:nobody"')


def test_times_never_raise():
    for value in (None, True, [], "", "x" * 100, 1e18, -5, float("nan"), "99999999999999999999"):
        assert times.from_any(value) is None or isinstance(value, (str, float))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_no_body_makes_a_shipped_connector_crash(body):
    for name in ("telegram", "shopify"):
        headers = {"x-shopify-topic": "orders/updated"}
        request = RawRequest("POST", "https://d/h", headers, body)
        way = DeclaredInbound(connectors()[name])
        assert not way.verify(ACCOUNT, request).ok
        assert way.dedupe_key(ACCOUNT, request)
        with contextlib.suppress(MappingFailed):
            way.parse(ACCOUNT, request)


@pytest.mark.parametrize("piece", ["<a ", "<!--", "</", "<script>", " <b> </b>", "&#", "<"])
def test_broken_markup_takes_no_longer_than_its_length(piece):
    began = time.monotonic()
    find("html_text(@)", piece * (200_000 // len(piece)))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:01Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("1999-05-04T10:00:00Z", "1999-05-04T10:00:00Z"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("template", ["=body.t", "=ts_iso(body.t)"])
def test_a_time_that_cannot_be_one_is_left_out_with_a_warning(told, kept, template):
    [event] = parse(f'{IDS}sent_at = "{template}"', {"id": "1", "c": "2", "t": told})
    assert (event.fields["sent_at"] or None) == (kept or None)
    wrong = f"p message.sent_at: got '{told}', wants a time from 1980 to at most a year ahead"
    assert event.warnings == ([wrong] if told and not kept else [])
