"""What leaves for a language model tells nobody's address, phone or card, and spans find home."""

from __future__ import annotations

import pytest

from tradewind.nlp.llm.masking import mask


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to anna.keller+shop@example.co.uk please", "write to [mail] please"),
        ("请发到abc@qq.com谢谢", "请发到[mail]谢谢"),
        ("jürgen@müller.de", "[mail]"),
        ("call me: +49 151 2345 6789!", "call me: [phone]!"),
        ("我的手机13812345678", "我的手机[phone]"),
        ("or (415) 555-2671", "or [phone]"),
        ("my card 4111 1111 1111 1111 was charged", "my card [card] was charged"),
        ("UnionPay 6222021234567890128 twice", "UnionPay [card] twice"),
        ("to DE89 3704 0044 0532 0130 00 please", "to [account] please"),
        (
            "order 112-3456789-1234567 and RR123456785CN",
            "order 112-3456789-1234567 and RR123456785CN",
        ),
        ("half \ud800 and \x00 whole", "half   and   whole"),
    ],
)
def test_what_tells_who_somebody_is_stays_here(text: str, left: str) -> None:
    assert mask(text).text == left


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
    assert masked.text == "mail [mail] now"
    assert masked.span(0, 7) is None
    assert masked.span(5, 11) is None
    assert masked.span(12, 15) == (21, 24)
