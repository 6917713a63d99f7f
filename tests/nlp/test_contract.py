"""What every reader promises, whatever it is made of."""

from __future__ import annotations

import time

import orjson
import pytest

from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, INTENTS, THREATS, URGENCIES, Reader, Text

ORDINARY = [
    "Where is my package? Order 112-3456789-1234567, it should have been here on Friday.",
    "Die Lampe kam zerbrochen an, ich möchte mein Geld zurück!",
    "我的包裹还没有收到，显示已签收，再不处理我就给差评",
    "注文した商品がまだ届いていません。追跡番号 RR123456785CN",
    "¿Cuándo me devuelven el dinero? Llevo tres semanas esperando",
    "Merci beaucoup, tout est parfait",
    "i want a refund or i call my lawyer and my bank",
]
ODD = [
    "",
    " \n\t ",
    "😡😡😡",
    "42",
    "\x00\x00refund\x00",
    "r e f u n d   n o w",
    "\ud800 lone \udfff",
    "\u202eﺪﻨﻓﺭ refund\u202c \u200b\u200d",
    "wo ist mein 包裹? где мой заказ? أين طلبي",
    "e\u0301te\u0301 colis cassé\u0301",
    "?" * 500,
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", ORDINARY + ODD)
def test_a_reading_holds_only_labels_of_the_contract(reader: Reader, text: str) -> None:
    (reading,) = reader.read([Text(text)])
    assert reading.intent in INTENTS
    assert set(reading.also) <= set(INTENTS) - {reading.intent}
    assert reading.complaint in COMPLAINTS
    assert reading.emotion in EMOTIONS
    assert set(reading.threats) <= set(THREATS)
    assert reading.urgency in URGENCIES
    assert 0 <= reading.confidence <= 1
    assert reading.language


@pytest.mark.parametrize("text", ORDINARY + ODD)
def test_evidence_points_at_words_of_the_given_text(reader: Reader, text: str) -> None:
    (reading,) = reader.read([Text(text, subject="Where is my refund?")])
    for evidence in reading.evidence:
        assert 0 <= evidence.start < evidence.end <= len(text)
        assert text[evidence.start : evidence.end].strip()


@pytest.mark.parametrize(
    "word", ["r e f u n d", "r.e.f.u.n.d", "r-e-f-u-n-d", "re\u200bfu\u00adnd"]
)
def test_letters_set_apart_are_the_word_they_make(reader: Reader, word: str) -> None:
    plain, apart = reader.read(
        [Text(f"give me my {refund} for this order") for refund in ("refund", word)]
    )
    assert (apart.intent, apart.also, apart.language) == (plain.intent, plain.also, plain.language)
    text = f"give me my {word} for this order"
    shown = [text[e.start : e.end] for e in apart.evidence]
    wanted = ["give me my refund for this order"[e.start : e.end] for e in plain.evidence]
    # What a scripted language model quotes does not stand there, so it shows nothing.
    assert shown in ([], [words.replace("refund", word) for words in wanted])


def test_a_batch_reads_as_its_messages_one_by_one(reader: Reader) -> None:
    texts = [Text(text) for text in ORDINARY + ODD]
    assert reader.read(texts) == [reader.read([text])[0] for text in texts]


def test_reading_twice_gives_the_same(reader: Reader) -> None:
    texts = [Text(text) for text in ORDINARY + ODD]
    assert reader.read(texts) == reader.read(texts)


def test_no_texts_give_no_readings(reader: Reader) -> None:
    assert reader.read([]) == []


def test_every_reading_can_be_written_as_json(reader: Reader) -> None:
    for reading in reader.read([Text(text) for text in ORDINARY + ODD]):
        assert orjson.loads(orjson.dumps(reading.as_dict()))["model"] == reading.model


@pytest.mark.parametrize(
    "text",
    [
        "where is my refund " * 55_000,
        "x" * 1_000_000,
        "1 " * 500_000,
        "a b c d e f " * 80_000,
        "\u200b" * 1_000_000,
        "没收到货" * 250_000,
        "order: " * 140_000,
        "😡" * 1_000_000,
    ],
    ids=["words", "one word", "digits", "spaced", "zero width", "chinese", "order", "emoji"],
)
def test_a_megabyte_is_read_within_a_second(reader: Reader, text: str) -> None:
    reader.read([Text(text[:1000])])  # what is loaded at first use is loaded now
    start = time.process_time()
    reader.read([Text(text)])
    assert time.process_time() - start < 1
