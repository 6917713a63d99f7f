"""Evidence: words underlined in any text, nothing of the text ever becomes markup."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from tradewind.nlp.contract import Evidence
from tradewind.web.parts.evidence import stroke_of, underline

LABELS = ("threat:legal", "logistics.delay", "emotion:angry", "complaint:explicit", "order_id")
SPANS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.integers(-5, 60), st.integers(-5, 60)), max_size=8
)


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def test_a_script_in_the_text_stays_text() -> None:
    html = underline("<script>alert(1)</script> & more", [("threat:legal", 0, 8)])
    assert "<script" not in html
    assert html.startswith(
        '<span class="ev ev--threat" data-ev="threat:legal">&lt;script&gt;</span>'
    )


def test_a_label_cannot_break_out_of_its_attribute() -> None:
    html = underline("abc", [('threat:"><img src=x>', 0, 3)])
    assert "<img" not in html


def test_positions_count_code_points_beyond_the_basic_plane() -> None:
    assert ">坏了</span>🔥" in underline("🔥🔥坏了🔥", [("product.defect", 2, 4)])


def test_right_to_left_words_are_cut_where_the_span_says() -> None:
    text = "لم يصلني الطرد"
    html = underline(text, [("logistics.not_received", 3, 8)])
    assert f">{text[3:8]}</span>" in html


def test_the_stronger_stroke_wins_where_spans_overlap() -> None:
    html = underline("abcdef", [("logistics.delay", 0, 4), ("threat:legal", 2, 6)])
    assert html == (
        '<span class="ev ev--intent" data-ev="logistics.delay">ab</span>'
        '<span class="ev ev--threat" data-ev="logistics.delay threat:legal">cd</span>'
        '<span class="ev ev--threat" data-ev="threat:legal">ef</span>'
    )


def test_spans_without_words_are_dropped() -> None:
    outside = [("threat:legal", 9, 12), ("threat:legal", 2, 2), ("threat:legal", 3, 1)]
    assert underline("abc", [*outside, None, "junk", {"label": "x"}, ("email", 0, 2)]) == "abc"


def test_evidence_of_a_reader_and_of_the_table_are_both_understood() -> None:
    as_row = {"label": "emotion:angry", "start": 0, "end": 2}
    assert underline("ab", [Evidence("emotion:angry", 0, 2)]) == underline("ab", [as_row])


def test_numbers_have_a_stroke_of_their_own_and_addresses_none() -> None:
    labels = ("order_id", "tracking_id", "sku", "email", "phone", "urgency:high")
    assert [stroke_of(label) for label in labels] == ["number"] * 3 + ["", "", "mood"]
    assert underline("no. 123", [("order_id", 4, 7)]) == (
        'no. <span class="ev ev--number" data-ev="order_id" data-copy="123">123</span>'
    )


@given(text=st.text(max_size=50), spans=SPANS)
def test_the_words_survive_any_spans(text: str, spans: list[tuple[str, int, int]]) -> None:
    assert plain(underline(text, spans)) == plain(underline(text, []))
    assert re.sub(r"</?span[^<>]*>", "", underline(text, spans)) == underline(text, [])
