"""What leaves for a language model tells nobody's address, phone or card, and spans find home."""

from __future__ import annotations

import pytest

from tradewind.nlp.llm.masking import mask, mask_start
from tradewind.nlp.pii import Known


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to anna.keller+shop@example.co.uk please", "write to [email] please"),
        ("请发到abc@qq.com谢谢", "请发到[email]谢谢"),
        ("jürgen@müller.de", "[email]"),
        ("call me: +49 151 2345 6789!", "call me: [phone]!"),
        ("我的手机13812345678", "我的手机[phone]"),
        ("or (415) 555-2671", "or [phone]"),
        ("my card 4111 1111 1111 1111 was charged", "my card [card] was charged"),
        ("UnionPay 6222021234567890128 twice", "UnionPay [card] twice"),
        ("to DE89 3704 0044 0532 0130 00 please", "to [iban] please"),
        (
            "order 112-3456789-1234567 and RR123456785CN",
            "order 112-3456789-1234567 and RR123456785CN",
        ),
        ("lebe in der Lindenstraße 14, 04177 Leipzig", "lebe in der [address]"),
        ("my SSN is 412-58-7736", "my SSN is [tax_id]"),
        ("half \ud800 and \x00 whole", "half   and   whole"),
    ],
)
def test_what_tells_who_somebody_is_stays_here(text: str, left: str) -> None:
    assert mask(text).text == left


def test_what_the_order_says_of_the_buyer_stays_here_however_it_is_written() -> None:
    known = Known(("Anna Keller",), ("Rosenweg 3, 04109 Leipzig",))
    text = "It is KELLER, rosenweg 3. The zip broke, refund or I go to court"
    masked = mask(text, known=known)
    assert masked.text == "It is [name], [address]. The zip broke, refund or I go to court"
    start = masked.text.index("court")
    assert masked.span(start, start + 5) == (text.index("court"), len(text))


def test_spans_lead_back_to_the_words_as_they_were_given() -> None:
    text = "ann@example.com says: broken, call +49 151 2345 6789 or it goes back"
    masked = mask(text)
    for words in ("says", "broken", "goes back"):
        start = masked.text.index(words)
        span = masked.span(start, start + len(words))
        assert span is not None
        assert text[slice(*span)] == words


def test_words_that_touch_what_was_masked_lead_nowhere() -> None:
    masked = mask("mail ann@example.com now")
    assert masked.text == "mail [email] now"
    assert masked.span(0, 7) is None
    assert masked.span(5, 12) is None
    assert masked.span(13, 16) == (21, 24)


def test_a_text_is_masked_before_it_is_cut() -> None:
    text = "x " * 90 + "anna.keller@example.com"
    assert all(mask_start(text, most).text == mask(text).text[:most] for most in range(170, 210))


@pytest.mark.parametrize("most", range(1000, 1010))
def test_half_an_address_where_looking_ends_stays_here(most: int) -> None:
    # Masked it is so much shorter that what was looked at would end before the most.
    text = "anna.katharina.keller@mail.example.com " * 1_000
    assert "anna" not in mask_start(text, most).text
