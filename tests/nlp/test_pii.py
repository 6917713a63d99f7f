"""Personal data is found and hidden; what the desk needs stays."""

from __future__ import annotations

import time

import pytest

from tests.nlp import pii_set
from tradewind.nlp.pii import Kind, Known, Span, Style, find, redact

KNOWN = Known(("Anna Keller",), ("Lindenstraße 14, 04177 Leipzig, DE",))


def found(text: str, country: str = "", known: Known = KNOWN) -> list[tuple[str, str]]:
    return [(s.kind, text[s.start : s.end]) for s in find(text, country=country, known=known)]


def test_eighteen_languages_are_read_as_their_marks_say():
    counts = {language: pii_set.count(language) for language in pii_set.languages()}
    marks = sum(count.marks for count in counts.values())
    recall = sum(count.found for count in counts.values()) / marks
    precision = sum(c.right for c in counts.values()) / sum(c.spans for c in counts.values())
    wrong = {language: count.wrong for language, count in counts.items()}
    assert len(counts) == 18
    assert marks >= 1450
    assert (recall >= 0.98, precision >= 0.95) == (True, True), (recall, precision, wrong)
    assert min(count.recall for count in counts.values()) >= 0.95, wrong


@pytest.mark.parametrize(
    "text",
    [
        "order 302-8868176-2219830, tracking 1Z999AA10123456784, SKU GDN-44120",
        "2 x 19,95 €, 100 x 200 cm, size 42, on 12.03.2025 at 18:30",
        "firmware 1.2.3.4 and version 10.0.0.1",
        "order 4111111111111112 of 2025-10-02, invoice 2025-001923",
        "订单号2511128876543210，运单号YT1234567890123456",
    ],
)
def test_what_the_desk_needs_is_left(text):
    assert found(text, "DE") == []


@pytest.mark.parametrize(
    "text",
    [
        "lindenstr. 14",
        "LINDENSTRASSE 14, Leipzig",
        "14 Lindenstrasse",
        "04177 Leipzig, Lindenstr. 14",
    ],
)
def test_the_orders_address_is_known_however_it_is_written(text):
    assert found(f"it went to {text} yesterday") == [("address", text)]


@pytest.mark.parametrize("name", ["Anna Keller", "keller anna", "A. Keller", "KELLER", "Annas"])
def test_the_orders_name_is_known_however_it_is_written(name):
    assert found(f"the parcel of {name} is late") == [("name", name)]


def test_a_name_that_is_a_word_counts_only_where_it_is_a_name():
    will = Known(("Will Mark",))
    assert found("Will you mark it as sent?", known=will) == []
    assert found("I am Will Mark, hello", known=will) == [("name", "Will Mark")]


def test_a_number_that_is_called_a_card_is_hidden_with_a_slip_too():
    assert found("my card 4111 1111 1111 1112") == [("card", "4111 1111 1111 1112")]


@pytest.mark.parametrize(
    ("text", "known", "name"),
    [
        ("Посылка для Новикова Сергея", "Сергей Новиков", "Новикова Сергея"),
        ("to tutaj Kasia Zielińska", "Katarzyna Zielińska", "Kasia Zielińska"),
        ("宛名が渡邊様", "渡辺 さくら", "渡邊様"),
        ("收件人王磊，已经付款", "Wang Lei", "王磊"),
        ("박지훈입니다, 택배", "Park Jihoon", "박지훈"),
        ("اسمي كريم حسن، شكرا", "Karim Hassan", "كريم حسن"),
    ],
)
def test_a_name_is_known_in_its_cases_short_forms_and_other_scripts(text, known, name):
    assert found(text, known=Known((known,))) == [("name", name)]


def test_nobody_is_found_in_another_script_who_is_not_introduced():
    assert found("我是老客户，质量很好，王者荣耀", known=Known(("Wang Lei",))) == []
    assert found("أنا زعلان جدا منكم", known=Known(("Karim Hassan",))) == []


def test_fewer_kinds_find_no_less_of_theirs():
    for message in pii_set.marked("de"):
        told = {"country": message.country, "known": message.known}
        every = find(message.text, **told)
        for kind in Kind:
            alone = find(message.text, **told, kinds={kind})
            assert {span.kind for span in alone} <= {kind}
            held = {at for span in alone for at in range(span.start, span.end)}
            assert all(set(range(s.start, s.end)) <= held for s in every if s.kind is kind)


@pytest.mark.parametrize(
    ("country", "named", "number"),
    [
        ("SA", "رقم الهوية", "1012345678"), ("BG", "ЕГН", "7523169263"),
        ("CZ", "rodné číslo", "8001011234"), ("DK", "CVR", "12345678"),
        ("DK", "CPR", "010180-1234"), ("DE", "Steuernummer", "93815/08152"),
        ("GR", "ΑΦΜ", "123456783"), ("US", "SSN", "412587736"), ("IE", "PPSN:", "1234567T"),
        ("ES", "DNI", "12345678A"), ("IR", "کد ملی", "0012345679"),
        ("FI", "henkilötunnus", "010180-123A"), ("PH", "SSS number", "34-1234567-8"),
        ("FR", "numéro fiscal", "3012345678901"), ("IL", "תעודת זהות", "123456782"),
        ("IN", "आधार नंबर", "1234 5678 9012"), ("HU", "adóazonosító jel", "8123456789"),
        ("ID", "KTP", "3171234567890123"), ("IT", "partita IVA", "12345678901"),
        ("JP", "マイナンバー", "123456789012"), ("KR", "주민등록번호", "9001011234567"),
        ("MY", "IC number", "900101-14-5678"), ("NO", "fødselsnummer", "01010012345"),
        ("NL", "BSN", "123456782"), ("PL", "PESEL", "44051401359"),
        ("PT", "contribuinte", "123456789"), ("RO", "CNP", "1800101221144"),
        ("RU", "ИНН", "7707083893"), ("SK", "rodné číslo", "800101/1234"),
        ("SE", "personnummer", "811218-9876"), ("TH", "เลขประจำตัวประชาชน", "1103702071811"),
        ("TR", "TC kimlik no", "10000000146"), ("UA", "ІПН", "3184710691"),
        ("VN", "mã số thuế", "0101234567"), ("CN", "身份证号", "110105194912310021"),
        ("TW", "身分證字號", "A123456780"),
    ],
)  # fmt: skip
def test_every_language_has_its_words_for_a_number_of_papers(country, named, number):
    for text in (f"{named} {number}", f"{named.lower()}: {number}, ok"):
        assert found(text, country) == [("tax_id", number)]


@pytest.mark.parametrize("blank", "\u202f\u2009\u00a0\u2007\u3000")
@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("phone", "+33 6 12 34 56 78"), ("phone", "06 12 34 56 78"),
        ("iban", "FR76 3000 6000 0112 3456 7890 189"), ("card", "4111 1111 1111 1111"),
        ("tax_id", "1 85 05 78 006 084 91"), ("address", "Lindenstraße 14, 04177 Leipzig"),
    ],
)  # fmt: skip
def test_a_number_is_found_whatever_blanks_part_it(kind, number, blank):
    written = number.replace(" ", blank)
    assert found(f"c’est {written}, merci", "FR", Known()) == [(kind, written)]


def test_two_numbers_side_by_side_are_both_hidden():
    text = "06 12 34 56 78 06 98 76 54 32"
    assert redact(text, find(text, country="FR")) == "[phone] [phone]"


def test_offsets_hold_in_other_digits_and_scripts():
    assert found("موبايل ٠١٢٢٣٤٥٦٧٨٩ شكرا", "EG") == [("phone", "٠١٢٢٣٤٥٦٧٨٩")]


def test_redacting_says_the_kind_or_keeps_the_length():
    spans = [Span(5, 10, Kind.EMAIL), Span(8, 12, Kind.NAME)]
    assert redact("mail a@b.c now", [Span(5, 10, Kind.EMAIL)]) == "mail [email] now"
    assert redact("mail a@b.c now", [Span(5, 10, Kind.EMAIL)], Style.BLOCK) == "mail █████ now"
    assert redact("mail a@b.c now", spans) == "mail [email]ow"


@pytest.mark.parametrize(
    "unit",
    ["a", "1 ", "1", "a@", "(at) ", "rue ", "Av. Aaa ", "06 12 34 56 78 ", "DE12 3456 ", "شارع ",
     "東京都渋谷区", "서울시 강남구 ", "Anna Keller 12 Lindenstr, ", "- . (", "1:"],
)  # fmt: skip
def test_time_grows_only_with_the_length(unit):
    took = []
    for length in (10_000, 100_000):
        start = time.process_time()
        find(unit * (length // len(unit)), country="DE", known=KNOWN)
        took.append(time.process_time() - start)
    # Ten times the text may take ten times as long; twice that leaves room for a busy machine.
    assert took[1] < 20 * took[0] + 0.5
