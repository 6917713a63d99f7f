from __future__ import annotations

import time

import pytest

from tradewind.core.crypto import CannotOpenError, Seal, place
from tradewind.core.home import Keys

OLD, NEW = b"o" * 32, b"n" * 32
HERE = place("channel", "secrets", 7)


def test_what_was_sealed_opens_again_and_never_looks_the_same():
    seal = Seal(Keys(NEW), "secrets")
    first, second = seal.seal(b"geheim", HERE), seal.seal(b"geheim", HERE)
    assert first != second
    assert b"geheim" not in first
    assert seal.open(memoryview(first), HERE) == b"geheim"


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("channel", "secrets", 8),
        place("channel", "body", 7),
        place("delivery", "secrets", 7),
        b"",
    ],
)
def test_a_sealed_field_opens_only_where_it_stood(elsewhere):
    seal = Seal(Keys(NEW), "secrets")
    with pytest.raises(CannotOpenError, match="another place"):
        seal.open(seal.seal(b"geheim", HERE), elsewhere)


def test_every_altered_byte_is_noticed():
    seal = Seal(Keys(NEW), "secrets")
    sealed = seal.seal(b"geheim", HERE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(CannotOpenError):
            seal.open(bytes(altered), HERE)


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"plain text that was never sealed at all"])
def test_what_we_did_not_seal_is_refused(rubbish):
    with pytest.raises(CannotOpenError, match="not something we sealed"):
        Seal(Keys(NEW), "secrets").open(rubbish, HERE)


def test_a_former_key_still_opens_and_the_new_one_seals():
    before, after = Seal(Keys(OLD), "secrets"), Seal(Keys(NEW, (OLD,)), "secrets")
    sealed = before.seal(b"geheim", HERE)
    assert after.open(sealed, HERE) == b"geheim"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal(b"geheim", HERE))
    with pytest.raises(CannotOpenError, match="TRADEWIND_KEY_PREVIOUS"):
        Seal(Keys(NEW), "secrets").open(sealed, HERE)


def test_one_purpose_cannot_open_what_another_sealed():
    sealed = Seal(Keys(NEW), "secrets").seal(b"geheim", HERE)
    with pytest.raises(CannotOpenError):
        Seal(Keys(NEW), "bodies").open(sealed, HERE)


def test_it_keeps_up_with_the_intake():
    seal, body = Seal(Keys(NEW), "bodies"), b"x" * 4000
    begun = time.perf_counter()
    for number in range(3000):
        seal.open(
            seal.seal(body, place("delivery", "body", number)), place("delivery", "body", number)
        )
    assert time.perf_counter() - begun < 1
