"""Fields sealed at rest: AES-256-GCM, bound to the place they stand, keys that can rotate."""

from __future__ import annotations

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradewind.core.home import Keys, derive

# Layout: version (1 byte), key mark (4), nonce (12), ciphertext with tag.
VERSION = b"\x01"
MARK_BYTES = 4
NONCE_BYTES = 12
HEADER_BYTES = 1 + MARK_BYTES + NONCE_BYTES


class CannotOpenError(Exception):
    """What was sealed cannot be opened: altered, moved to another place, or its key is gone."""


def place(table: str, column: str, row: object) -> bytes:
    """Give the associated data of a field, so that a sealed value opens only where it stood."""
    return "\x1f".join((table, column, str(row))).encode()


class Seal:
    """Seals bytes for one purpose with the current key, opens them with any known key."""

    def __init__(self, keys: Keys, purpose: str) -> None:
        self._ciphers: dict[bytes, AESGCM] = {}
        for key in (keys.current, *keys.previous):
            derived = derive(key, f"seal {purpose}")
            mark = hashlib.sha256(derived).digest()[:MARK_BYTES]
            self._ciphers.setdefault(mark, AESGCM(derived))
        self._mark, self._cipher = next(iter(self._ciphers.items()))

    def seal(self, content: bytes, aad: bytes) -> bytes:
        """Give the content sealed; ``aad`` (see ``place``) must be the same when opening."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + self._mark + nonce + self._cipher.encrypt(nonce, content, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Give the content back; CannotOpenError says why not."""
        sealed = bytes(sealed)  # a driver may give a memoryview
        if len(sealed) < HEADER_BYTES or sealed[:1] != VERSION:
            raise CannotOpenError("this is not something we sealed")
        cipher = self._ciphers.get(sealed[1 : 1 + MARK_BYTES])
        if cipher is None:
            raise CannotOpenError(
                "it was sealed with a key we no longer have; name it in TRADEWIND_KEY_PREVIOUS"
            )
        nonce = sealed[1 + MARK_BYTES : HEADER_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[HEADER_BYTES:], aad)
        except InvalidTag as error:
            raise CannotOpenError("it was altered, or stood in another place") from error

    def is_current(self, sealed: bytes) -> bool:
        """Say whether the current key sealed it; if not, open and seal it anew."""
        return bytes(sealed[: 1 + MARK_BYTES]) == VERSION + self._mark
