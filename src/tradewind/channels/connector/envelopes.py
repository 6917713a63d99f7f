"""Encrypted envelopes of Feishu and WeChat, opened before a body is mapped."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tradewind.channels.connector.bodies import decode_json, decode_xml
from tradewind.channels.connector.hooks import Hooks
from tradewind.channels.contract import Account, MappingFailed, RawRequest

_BLOCK = 32


def aes_cbc_envelope(account: Account, request: RawRequest) -> bytes:
    """The body of a Feishu ``{"encrypt": …}`` envelope; a plain body is given back as it is.

    Key sha256(encrypt_key), IV the first 16 bytes (open.feishu.cn, "encrypt key").
    """
    body = decode_json(request.body.decode(errors="replace"))
    sealed = body.get("encrypt") if isinstance(body, dict) else None
    if not isinstance(sealed, str):
        return request.body
    key = hashlib.sha256(_secret(account, "encrypt_key").encode()).digest()
    data = _unbase64(sealed)
    plain = _unpad(_decrypt(key, data[:16], data[16:]), block=16)
    decode_json(plain.decode(errors="replace"))
    return plain


def wechat_aes(account: Account, request: RawRequest) -> bytes:
    """The XML of a WeChat ``<Encrypt>`` envelope; a plain body is given back as it is.

    The envelope's own signature and the app id inside are checked, since the outer
    signature does not cover the body.
    """
    sealed = decode_xml(request.body).get("Encrypt")
    if not isinstance(sealed, str):
        return request.body
    parts = [
        _secret(account, "token"),
        request.query.get("timestamp", ""),
        request.query.get("nonce", ""),
        sealed,
    ]
    wanted = hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
    given = request.query.get("msg_signature", "")
    if not hmac.compare_digest(wanted.encode(), given.encode(errors="replace")):
        raise MappingFailed("The envelope's msg_signature is missing or wrong.")
    key = _unbase64(_secret(account, "encoding_aes_key") + "=")
    plain = _unpad(_decrypt(key, key[:16], _unbase64(sealed)), block=_BLOCK)
    size = int.from_bytes(plain[16:20], "big")
    xml, app_id = plain[20 : 20 + size], plain[20 + size :]
    if len(xml) != size or app_id.decode(errors="replace") != _secret(account, "app_id"):
        raise MappingFailed("The envelope is for another app id.")
    return xml


def built_in_hooks() -> Hooks:
    """The hooks the program brings along."""
    return Hooks(decode={"aes_cbc_envelope": aes_cbc_envelope, "wechat_aes": wechat_aes})


def seal_feishu(encrypt_key: str, payload: object, *, iv: bytes) -> bytes:
    """A Feishu envelope around a payload, as the platform would send it (for examples)."""
    plain = json.dumps(payload, ensure_ascii=False).encode()
    plain += bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    key = hashlib.sha256(encrypt_key.encode()).digest()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    sealed = iv + encryptor.update(plain) + encryptor.finalize()
    return json.dumps({"encrypt": base64.b64encode(sealed).decode()}).encode()


def _secret(account: Account, name: str) -> str:
    value = account.secrets.get(name)
    if not value:
        raise MappingFailed(f"The account has no secret {name!r} to open the envelope.")
    return value


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise MappingFailed("The envelope is not base64.") from None


def _decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        return decryptor.update(data) + decryptor.finalize()
    except ValueError as fault:
        raise MappingFailed(f"The envelope cannot be opened: {fault}.") from None


def _unpad(data: bytes, *, block: int) -> bytes:
    size = data[-1] if data else 0
    if not 1 <= size <= block or data[-size:] != bytes([size]) * size:
        raise MappingFailed("The envelope cannot be opened: the secret does not fit.")
    return data[:-size]
