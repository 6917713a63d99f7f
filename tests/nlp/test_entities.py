"""Which numbers and addresses are found, and which are left alone."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.nlp.entities import find_entities
from tradewind.nlp.numbers import is_card


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("order 112-3456789-1234567", "order_id", "112-3456789-1234567"),
        ("ebay 12-34567-89012 please", "order_id", "12-34567-89012"),
        ("about #1042", "order_id", "#1042"),
        ("订单TW-20460还没到", "order_id", "TW-20460"),
        ("my order number is 200012345678901", "order_id", "200012345678901"),
        ("我的订单号是 8123456789012345", "order_id", "8123456789012345"),
        ("Bestellnummer: 8012345678", "order_id", "8012345678"),
        ("заказ №48213", "order_id", "48213"),
        ("1Z999AA10123456784", "tracking_id", "1Z999AA10123456784"),
        ("yt2212345678901234", "tracking_id", "YT2212345678901234"),
        ("RR 473 124 829 GB", "tracking_id", "RR473124829GB"),
        ("LP00123456789012", "tracking_id", "LP00123456789012"),
        ("Sendungsnummer 00340434161094042557", "tracking_id", "00340434161094042557"),
        ("运单号：SF1234567890123", "tracking_id", "SF1234567890123"),
        ("Pakketnummer 3SKAPB0047718823", "tracking_id", "3SKAPB0047718823"),
        ("colis 6C12004487193", "tracking_id", "6C12004487193"),
        ("Brief 99.00.552817.40093326 da", "tracking_id", "99.00.552817.40093326"),
        ("відправлення 59001284476013", "tracking_id", "59001284476013"),
        ("paczka 6891004477210358", "tracking_id", "6891004477210358"),
        ("zamówienie 6891004477210358", "order_id", "6891004477210358"),
        ("407-1188271-9945510, 7714028835", "tracking_id", "7714028835"),
        ("κούριερ 5502938471", "tracking_id", "5502938471"),
        ("stapeln 5811-44720 kom", "order_id", "5811-44720"),
        ("soal 1129-40583-77216, kak", "order_id", "1129-40583-77216"),
        ("בהזמנה 820550-SOL", "order_id", "820550-SOL"),
        ("فاکتور ۳۴ و CH118840552DE", "tracking_id", "CH118840552DE"),
        ("SKU: HB-220-BLK", "sku", "HB-220-BLK"),
        ("サンダル NK-ENG-ROSE の", "sku", "NK-ENG-ROSE"),
        ("keyboard KB75-ISO-DE", "sku", "KB75-ISO-DE"),
        ("B09XYZ1234", "sku", "B09XYZ1234"),
        ("I paid $49.99", "amount", "$49.99"),
        ("1.299,00 € bezahlt", "amount", "1.299,00 €"),
        ("R$ 120,50", "amount", "R$ 120,50"),
        ("3,500円", "amount", "3,500円"),
        ("Rp 150.000", "amount", "Rp 150.000"),
        ("write to a.b+c@ex-ample.co.uk.", "email", "a.b+c@ex-ample.co.uk"),
        ("call +49 151 23456789", "phone", "+49 151 23456789"),
        ("phone: 0151 23456789", "phone", "0151 23456789"),
    ],
)
def test_an_entity_is_found_where_it_stands(text: str, kind: str, value: str) -> None:
    found = next(item for item in find_entities(text) if item.kind == kind)
    assert found.value == value
    assert text[found.start : found.end].replace(" ", "").upper() == value.replace(" ", "").upper()


@pytest.mark.parametrize(
    "text",
    [
        "ordered on 2026-11-22, again on 12.11.2026 at 12:30",
        "the order I placed 3 weeks ago, 1042 still",
        "100% of 2 pieces",
        "card 4111 1111 1111 1111",
        "I ordered the 8000 mAh one, 2000W, 50x70",
        "faktura na NIP 8791204536",
        "ח.פ. 514408263",
        "invoice 2025-88107, account LT12 3250 0449 8812 0071",
        "between 2019-2021 or 100-150 pieces",
        "COVID-19 and ISO-900",
        "no numbers here at all",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_entities(text) == []


def test_a_card_number_is_never_taken_for_an_order() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert [found.kind for found in find_entities("order 4111 1111 1111 1112")] == ["order_id"]
    assert find_entities("my card is 4111111111111111") == []


@given(st.text(st.characters(exclude_categories=[]), max_size=400))
def test_any_text_gives_spans_inside_it(text: str) -> None:
    found = find_entities(text)
    for item in found:
        assert 0 <= item.start < item.end <= len(text)
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start


@given(
    st.text(alphabet="0123456789 #-+.,$€AZ@()order:\n", max_size=600),
    st.sampled_from(["", "de", "us"]),
)
def test_number_salad_never_raises(text: str, site: str) -> None:
    for item in find_entities(text, site=site):
        assert text[item.start : item.end].strip()
