"""A connector file is checked as a whole before anything uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.channels.connector.errors import ConnectorInvalid
from tradewind.channels.connector.loading import connectors, load_connector

GOOD = """
format = 1
platform = "lamp_shop"
base_url = "https://{account.host}/api"
secrets = ["key"]
[auth]
type = "bearer"
token = "secret:key"
[webhook]
dedupe = "body.id"
signature = { scheme = "hmac", key = "key", parts = ["body"], from = "header:X-Sign" }
[[webhook.event]]
kind = "message"
each = [["m", "body.messages"]]
when = "m.kind == 'text'"
[webhook.event.fields]
id = "=m.id"
conversation_id = "=m.thread"
direction = "in"
text = "=lookup(m.word, 'words')"
[[reply]]
name = "text"
method = "POST"
path = "/threads/{conversation.id}"
json = { body = "=text" }
[table.words]
a = "b"
"""


def faults(text: str) -> str:
    with pytest.raises(ConnectorInvalid) as caught:
        load_connector(text, source="lamp.toml")
    return str(caught.value)


def test_a_good_file_loads_and_tells_which_settings_it_needs():
    connector = load_connector(GOOD)
    assert connector.platform == "lamp_shop"
    assert connector.settings == ("host",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("format = 1", "format = 2", "format: got 2, wants 1"),
        ('"lamp_shop"', '"Lamp Shop"', "platform: got 'Lamp Shop'"),
        ('dedupe = "body.id"', 'dedup = "body.id"', "webhook.dedup: unknown key"),
        ('dedupe = "body.id"', 'dedupe = "body..id"', "dedupe: 'body..id' does not compile"),
        ('dedupe = "body.id"', 'dedupe = "md5(body.id)"', "unknown function md5()"),
        ('dedupe = "body.id"', 'dedupe = "boddy.id"', "reads boddy; known here: account, body"),
        ('dedupe = "body.id"', "dedupe = 7", "webhook.dedupe: got 7, wants a string"),
        ('scheme = "hmac"', 'scheme = "hmacc"', "signature.scheme: got 'hmacc', wants one of"),
        ('key = "key", parts', 'key = "kee", parts', "wants a name from secrets: key"),
        ('parts = ["body"]', 'parts = ["bodi"]', "signature.parts: got 'bodi', wants one of"),
        ('parts = ["body"]', 'parts = ["header"]', "wants a name after the colon"),
        ('parts = ["body"]', 'parts = ["secret:x"]', "secret:x is not among secrets"),
        (', from = "header:X-Sign"', "", "signature.from: is missing"),
        ('"hmac", key = "key"', '"hash"', "a plain hash proves nothing"),
        ('kind = "message"', 'kind = "mesage"', "event[0].kind: got 'mesage', wants one of"),
        ('conversation_id = "=m.thread"', "", "fields.conversation_id: is missing"),
        ('conversation_id =', 'conversaton_id =', "conversaton_id: unknown field of a message"),
        ('direction = "in"', 'direction = "inn"', "direction: got 'inn', wants one of in, out"),
        ('text = "=lookup', 'text = "=key', "unknown function key()"),
        ("'words')", "'wordz')", "lookup() names table 'wordz'; the file has: words"),
        ('"=m.id"', '"=n.id"', "fields.id: 'n.id' reads n"),
        ('"=m.id"', '"=secret.key"', "reads secret"),
        ('"=m.id"', "\"=match(m.id, '(a+)+$')\"", "a repeated group"),
        ('"=m.id"', '"=match(m.id, m.x)"', "wants its second argument written out"),
        ('"=m.id"', '"=ts()"', "ts() got 0 arguments, wants 1"),
        ('method = "POST"', 'method = "SEND"', "reply[0].method: got 'SEND'"),
        ("{conversation.id}", "{conversaton.id}", "reads conversaton"),
        ('token = "secret:key"', 'token = "secret:kye"', "auth.token: got 'secret:kye'"),
        ('type = "bearer"', 'type = "bear"', "auth.type: got 'bear'"),
        ("[table.words]", "[tabel.words]", "tabel: unknown key"),
        ('base_url = "https://{account.host}/api"', "", "base_url: is missing"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_key_what_was_got_and_what_is_wanted(old, new, told):
    assert old in GOOD
    sentence = faults(GOOD.replace(old, new, 1))
    assert sentence.startswith("lamp.toml: ")
    assert told in sentence


def test_all_faults_are_told_at_once():
    text = GOOD.replace("format = 1", "format = 2").replace('kind = "message"', 'kind = "x"')
    assert len(faults(text).splitlines()) == 2


def test_broken_toml_and_missing_files_are_told(tmp_path: Path):
    assert "is not TOML" in faults("a = ")
    with pytest.raises(ConnectorInvalid, match=r"gone\.toml: cannot be read"):
        load_connector(tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b'format = 1\nplatform = "\xe9"')
    with pytest.raises(ConnectorInvalid, match="is not UTF-8 at byte 23"):
        load_connector(tmp_path / "latin.toml")


def test_shipped_files_load_and_a_sellers_folder_adds_and_replaces(tmp_path: Path):
    assert {"shopify", "telegram"} <= set(connectors())
    (tmp_path / "lamp.toml").write_text(GOOD)
    (tmp_path / "mine.toml").write_text(GOOD.replace("lamp_shop", "shopify"))
    found = connectors([tmp_path])
    assert found["lamp_shop"].source == "lamp.toml"
    assert found["shopify"].source == "mine.toml"
    assert connectors()["shopify"].source == "shopify.toml"


def test_a_changed_file_is_read_again(tmp_path: Path):
    path = tmp_path / "lamp.toml"
    path.write_text(GOOD)
    assert connectors([tmp_path])["lamp_shop"].clocks == ()
    path.write_text(GOOD + '[[clock]]\non = "message.in"\nname = "reply"\nwithin = "PT24H"\n')
    assert connectors([tmp_path])["lamp_shop"].clocks[0].seconds == 86_400


@pytest.mark.parametrize(
    ("within", "seconds", "days"),
    [("PT24H", 86_400, None), ("P30D", 2_592_000, None), ("P1DT2H30M", 95_400, None),
     ("P3BD", None, 3), ("P2W", 1_209_600, None)],
)  # fmt: skip
def test_clocks_are_seconds_or_business_days(within, seconds, days):
    rule = f'[[clock]]\non = "message.in"\nname = "reply"\nwithin = "{within}"\n'
    clock = load_connector(GOOD + rule).clocks[0]
    assert (clock.seconds, clock.business_days) == (seconds, days)
    assert not clock.auto_reply_counts


def test_a_clock_without_a_duration_is_refused():
    rule = '[[clock]]\non = "message.in"\nname = "reply"\nwithin = "24 hours"\n'
    assert "clock[0].within: got '24 hours', wants ISO 8601" in faults(GOOD + rule)
