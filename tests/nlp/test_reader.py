"""What the first reader understands, one everyday message a row."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tradewind.nlp.contract import Reading, Text
from tradewind.nlp.fold import fold
from tradewind.nlp.lexicon import CueError, build_lexicon, load_lexicon
from tradewind.nlp.reader import default_reader


def read(text: str, **hints: str) -> Reading:
    return default_reader().read([Text(text, **hints)])[0]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Where is my package?", "logistics.tracking"),
        (
            "Tracking hasn't moved for two weeks, it should have arrived on Monday",
            "logistics.delay",
        ),
        ("It says delivered but I have nothing here", "logistics.not_received"),
        ("The parcel is stuck in customs", "logistics.customs"),
        ("The vase arrived smashed", "logistics.damaged"),
        ("My earbuds won't turn on anymore", "product.malfunction"),
        ("These shoes are too small", "product.size"),
        ("You sent the wrong item", "product.wrong_item"),
        ("I was charged twice", "payment.charge_dispute"),
        ("My card was declined at checkout", "payment.failed"),
        ("Can I get a VAT invoice?", "order.invoice"),
        ("please cancel my order", "order.cancel"),
        ("delete my account and all my data", "policy.privacy"),
        ("Nobody answers my emails", "service.no_response"),
        ("Wo bleibt mein Geld? Die Rücksendung ist angekommen", "payment.refund_status"),
        ("Ich möchte die Bestellung stornieren", "order.cancel"),
        ("Le colis est arrivé cassé", "logistics.damaged"),
        ("La taille est trop petite, je voudrais échanger", "product.size"),
        ("Me cobraron dos veces", "payment.charge_dispute"),
        ("Produto veio errado", "product.wrong_item"),
        ("尺码太小了，想换大一码", "product.size"),
        ("尺碼太小了，想換大一碼", "product.size"),
        ("領収書を発行してください", "order.invoice"),
        ("Where can i find a good seo agency? We boost your sales with backlinks", "other.spam"),
        ("r e f u n d", "payment.refund_request"),
        ("🙂", "other.unclear"),
    ],
)
def test_the_intent_of_an_everyday_message(text: str, intent: str) -> None:
    assert read(text).intent == intent


@pytest.mark.parametrize("text", ["où est mon colis", "ou est mon colis", "OÙ EST MON COLIS"])
def test_accents_and_capitals_change_nothing(text: str) -> None:
    assert read(text).intent == "logistics.tracking"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Лампа не вмикається і не заряджається", "product.malfunction"),
        ("Căștile nu se încarcă deloc", "product.malfunction"),
        ("A lámpa nem kapcsol be, hibát ír ki", "product.malfunction"),
        ("Laite ei käynnisty eikä lataudu, mitä teen?", "product.malfunction"),
        ("Το φωτιστικό δεν ανάβει", "product.malfunction"),
        ("המנורה לא נדלקת, היא לא עובדת", "product.malfunction"),
        ("چراغ روشن نمی شود و کار نمی کند", "product.malfunction"),
        ("लैंप चालू नहीं हो रहा, काम नहीं कर रहा", "product.malfunction"),
        ("Paketista puuttui kaapeli", "product.wrong_item"),
        ("Din cutie lipsește cablul", "product.wrong_item"),
        ("Από το κουτί λείπει το καλώδιο", "product.wrong_item"),
        ("Hiányzik a kábel a dobozból", "product.wrong_item"),
    ],
)
def test_languages_without_a_sample_are_understood_too(text: str, intent: str) -> None:
    assert read(text).intent == intent


def test_umlauts_may_be_typed_as_two_letters() -> None:
    assert read("Ich moechte das zurueckschicken").intent == "payment.refund_request"


@pytest.mark.parametrize(
    ("text", "threat"),
    [
        ("I will open a case on ebay", "platform_claim"),
        ("I'll dispute the charge with my bank", "chargeback"),
        ("You will hear from my lawyer", "legal"),
        ("Dann gibt es eine schlechte Bewertung", "bad_review"),
        ("我要打12315投诉曝光你们", "public_exposure"),
    ],
)
def test_a_threat_is_named_and_makes_it_urgent(text: str, threat: str) -> None:
    reading = read(text)
    assert threat in reading.threats
    assert reading.urgency == "high"


def test_danger_is_critical() -> None:
    assert read("The charger caught fire last night").urgency == "critical"


def test_what_is_negated_does_not_count() -> None:
    reading = read("I am not angry, and the box is not damaged")
    assert reading.emotion == "calm"
    assert reading.complaint == "none"


def test_a_hint_is_an_implicit_complaint() -> None:
    assert read("So when you said Friday, which year did you mean?").complaint == "implicit"


def test_the_cause_comes_first_and_the_wish_second() -> None:
    reading = read("The shirt is too small, I want a refund")
    assert reading.intent == "product.size"
    assert "payment.refund_request" in reading.also


def test_evidence_survives_invisible_characters() -> None:
    text = "I want\u200b my re\u00adfund\u200d please"
    shown = {text[e.start : e.end] for e in read(text).evidence}
    assert "re\u00adfund" in shown


def test_a_subject_helps_without_leaving_evidence_outside_the_text() -> None:
    reading = read("see above", subject="Cancel my order please")
    assert reading.intent == "order.cancel"
    assert not reading.evidence


@pytest.mark.parametrize("around", ["", "\n\n", "\u200b", "  ", "é "])
def test_evidence_stands_right_whatever_the_fold_dropped(around: str) -> None:
    text = f"Hi,{around} please cancel my order{around}"
    shown = {text[e.start : e.end] for e in read(text).evidence if e.label == "order.cancel"}
    assert any("cancel" in words for words in shown)


# Separators that Python also takes for blanks, and what nobody sees.
_UNSEEN = "\x1c\x1d\x1e\x1f\x00\x7f\u200b\u202e\ufeff\u0301"
_PLAIN = "Hi, a b c. I want a refund, the zip is broken and nobody answers"


@given(st.lists(st.text(_UNSEEN, max_size=3), min_size=28, max_size=28))
@example(["", "", "", "\x1f", "", "\x1f", "", "\x1f", *[""] * 20])
def test_evidence_shows_the_same_words_whatever_nobody_sees_between_them(unseen: list[str]) -> None:
    pieces = re.split("( )", _PLAIN)
    text = "".join(map(str.__add__, pieces, [*unseen[: len(pieces) - 1], ""]))
    shown = [(e.label, text[e.start : e.end]) for e in read(text).evidence]
    seen = [(label, re.sub(f"[{_UNSEEN}]", "", words)) for label, words in shown]
    assert seen == [(e.label, _PLAIN[e.start : e.end]) for e in read(_PLAIN).evidence]


@given(st.text(st.sampled_from("aé \t\n\u3000.-_İß" + _UNSEEN)) | st.text())
def test_every_folded_character_leads_back_to_its_own(text: str) -> None:
    folded = fold(text)
    for at, char in enumerate(folded.text):
        start, end = folded.span(at, at + 1)
        assert end == start + 1
        assert fold(text[start]).text == char


def test_nothing_to_tell_is_unclear_and_unsure() -> None:
    reading = read("ok")
    assert reading.intent == "other.unclear"
    assert reading.confidence < 0.5


def test_a_cue_of_no_rule_is_refused_by_name() -> None:
    rules = {"labels": {}, "negation": {"concepts": "", "not_in": ""}}
    with pytest.raises(CueError, match=r"cues/xx.toml: 'parzel' stands in no rule"):
        build_lexicon(rules, {"xx": {"words": {"parzel": "a"}}})


def test_every_shipped_cue_file_loads() -> None:
    assert len(load_lexicon().languages) >= 20
