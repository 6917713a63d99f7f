"""The first words of a message, as lists show them."""

from __future__ import annotations

import pytest

from tradewind.inbox.record import PREVIEW, preview_of


@pytest.mark.parametrize("before", range(150, 205, 5))
def test_an_address_at_the_end_is_there_whole_or_not_at_all(before):
    text = f"{'x ' * (before // 2)}anna.keller@example.de and more"
    shown = preview_of(text)
    assert len(shown) <= PREVIEW
    assert "anna.keller@example.de" in shown or "anna" not in shown


def test_what_is_written_without_blanks_is_cut_all_the_same():
    assert preview_of("包裹" * 300) == "包裹" * 100


def test_a_short_text_stays_as_it_is_on_one_line():
    assert preview_of("Where is\n\n my   parcel?") == "Where is my parcel?"
