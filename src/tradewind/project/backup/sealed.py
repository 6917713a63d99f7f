"""A stream under a passphrase: scrypt makes the key, AES-256-GCM seals chunk after chunk.

The chunks are numbered and the last is marked (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, 2015), so that none can be left out, moved or cut off unseen.
"""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tradewind.core.errors import OperatorError

MAGIC = b"TRADEWIND SEALED BACKUP 1\n"
CHUNK = 1024 * 1024
SHORTEST = 8
_COST = {"n": 2**16, "r": 8, "p": 1}
_HIGHEST_N = 2**20
_TAG = 16


class SealedWriter:
    """Takes bytes, writes them sealed; ``close`` writes the last chunk and leaves the file open."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        told = {**_COST, "salt": os.urandom(16).hex()}
        head = json.dumps(told, sort_keys=True).encode() + b"\n"
        file.write(MAGIC + head)
        self._file = file
        self._chunks = _Chunks(_key(passphrase, told), head)
        self._buffer = bytearray()

    def write(self, data: bytes) -> int:
        """Seal these bytes after the former ones."""
        self._buffer += data
        while len(self._buffer) > CHUNK:
            self._put(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Nothing: only whole chunks are written."""

    def close(self) -> None:
        """Write what is left as the last chunk."""
        self._put(bytes(self._buffer), last=True)

    def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = self._chunks.seal(plain, last=last)
        self._file.write(len(sealed).to_bytes(4, "big") + (b"\x01" if last else b"\x00") + sealed)


class SealedReader:
    """Gives the bytes back; OperatorError for a wrong passphrase or a damaged file."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Read the head; the file stands behind MAGIC."""
        head = file.readline(1000)
        told = _checked(head)
        self._file = file
        self._chunks = _Chunks(_key(passphrase, told), head)
        self._rest = b""
        self._ended = self._opened = False

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes, none at the end."""
        while not self._ended and (size < 0 or len(self._rest) < size):
            self._rest += self._next()
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def _next(self) -> bytes:
        frame = self._file.read(5)
        size = int.from_bytes(frame[:4], "big")
        if len(frame) < 5 or size > CHUNK + _TAG:
            raise OperatorError("The backup is cut off or damaged.")
        sealed, self._ended = self._file.read(size), frame[4] == 1
        try:
            plain = self._chunks.open(sealed, last=self._ended)
        except InvalidTag as error:
            said = "is damaged" if self._opened else "does not open: the passphrase is another one"
            raise OperatorError(f"The backup {said}.") from error
        self._opened = True
        if self._ended and self._file.read(1):
            raise OperatorError("The backup is damaged: something stands behind its end.")
        return plain


class _Chunks:
    def __init__(self, key: bytes, head: bytes) -> None:
        self._cipher, self._head, self._number = AESGCM(key), head, 0

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(), plain, self._aad(last=last))

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(), sealed, self._aad(last=last))

    def _nonce(self) -> bytes:
        # The key is this file's alone, so a counter never repeats under it.
        self._number += 1
        return self._number.to_bytes(12, "big")

    def _aad(self, *, last: bool) -> bytes:
        return self._head + (b"last" if last else b"more")


def _key(passphrase: str, told: dict[str, Any]) -> bytes:
    salt = bytes.fromhex(told["salt"])
    kdf = Scrypt(salt=salt, length=32, n=told["n"], r=told["r"], p=told["p"])
    return kdf.derive(passphrase.encode())


def _checked(head: bytes) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(head)
        bytes.fromhex(told["salt"])
        is_sane = 2 <= told["n"] <= _HIGHEST_N and told["r"] == 8 and 1 <= told["p"] <= 4
    except (ValueError, KeyError, TypeError) as error:
        raise OperatorError("The backup's head is damaged.") from error
    if not is_sane:
        raise OperatorError("The backup's head is damaged: its key derivation is not ours.")
    return told
