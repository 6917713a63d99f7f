"""Platforms that sign with a key pair: the public key found by its id, the signature checked."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tradewind.channels.connector.model import SignatureRule
from tradewind.channels.contract import JSON, Account

_KID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----")
_DIGESTS: Mapping[str, type[hashes.HashAlgorithm]] = {
    "SHA1": hashes.SHA1,  # eBay signs with it today
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A platform's public key: PEM (line breaks may be missing) and its digest's name."""

    pem: str
    digest: str = "SHA1"


class PublicKeys(Protocol):
    """Where public keys come from."""

    def find(self, account: Account, rule: SignatureRule, kid: str) -> PublicKey | None:
        """The key of this id, None when the platform has none or cannot be asked."""
        ...


class GivenKeys:
    """Public keys known beforehand, as example cases bring them."""

    def __init__(self, keys: Mapping[str, JSON]) -> None:
        self._keys = keys

    def find(self, account: Account, rule: SignatureRule, kid: str) -> PublicKey | None:
        """The given key of this id, whoever the account and whatever the rule."""
        del account, rule
        found = self._keys.get(kid)
        return read_key(found) if found is not None else None


def read_key(answer: JSON) -> PublicKey | None:
    """The key in a platform's answer ``{key, digest}``."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("key"), str):
        return None
    return PublicKey(pem=answer["key"], digest=str(answer.get("digest") or "SHA1"))


def read_ticket(header: str) -> tuple[str, bytes] | None:
    """Key id and signature of a base64 JSON ticket ``{kid, signature}``."""
    try:
        ticket = json.loads(base64.b64decode(header, validate=True))
        kid, signature = ticket["kid"], base64.b64decode(ticket["signature"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (kid, signature) if isinstance(kid, str) and _KID.fullmatch(kid) else None


def is_signed(key: PublicKey, *, signature: bytes, body: bytes) -> bool:
    """Whether the DER signature over the body bytes was made with this key."""
    found = _PEM.search(key.pem)
    digest = _DIGESTS.get(key.digest.upper().replace("-", ""))
    if found is None or digest is None:
        return False
    inner = re.sub(r"\s", "", found[1])
    pem = f"-----BEGIN PUBLIC KEY-----\n{inner}\n-----END PUBLIC KEY-----\n".encode()
    try:
        public = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return False
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(signature, body, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    return True
