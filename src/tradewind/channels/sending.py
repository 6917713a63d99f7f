"""The way out of each channel: mail by SMTP, platforms by their connector, programs by callback."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx
import orjson

from tradewind.channels.connector import addresses
from tradewind.channels.connector.egress import Draft, Egress, TransportFault, call
from tradewind.channels.connector.errors import OutgoingRefused
from tradewind.channels.connector.sending import DeclaredSender
from tradewind.channels.contract import Account, Outbound, Receipt, Sender, SendStatus
from tradewind.channels.mail.account import MailSender
from tradewind.channels.parsing import platforms
from tradewind.channels.reaching import private_hosts
from tradewind.channels.tokens import DatabaseTokens

_TIMEOUT = 20.0
_CALLBACK_ANSWER = 1_000_000


class NoSender(LookupError):
    """Nothing can be sent through this channel; the text says why."""


def sender_for(account: Account) -> Sender:
    """What sends replies of a channel; raises NoSender."""
    # The sample seller's channels only pretend: a reply is kept and never leaves the machine.
    if account.platform == "api" or account.config.get("sample"):
        return CallbackSender()
    if account.platform == "email":
        return MailSender(private=private_hosts())
    connector = platforms().get(account.platform)
    if connector is None:
        raise NoSender(f"there is no connector file for the platform “{account.platform}”")
    if not connector.replies:
        raise NoSender(f"{connector.title or account.platform} takes no replies: answer by mail")
    return DeclaredSender(connector, egress())


@cache
def egress() -> Egress:
    """How connectors call out from this process."""
    return Egress(
        client=httpx.Client(timeout=_TIMEOUT, follow_redirects=False),
        tokens=DatabaseTokens(),
        private=private_hosts(),
    )


def takes_files(platform: str) -> bool:
    """Whether replies of a platform may carry files; connector files cannot declare it yet."""
    return platform == "email"


def check_callback(url: str) -> None:
    """Raise OutgoingRefused unless a callback may be called: https, and nobody's inner network.

    Hosts and networks in TRADEWIND_PRIVATE_HOSTS are excepted, also from https.
    """
    way = egress()
    addresses.check_address(url, allow_private=way.permits_private(url))
    host = urlsplit(url).hostname or ""
    try:
        addresses.public_address(host, way.resolve(host), private=way.private)
    except OSError as error:
        raise OutgoingRefused(f"The host {host} has no address.") from error


@dataclass(frozen=True, slots=True)
class CallbackSender:
    """Replies of the API channel: posted to its callback, or kept for the program to fetch.

    The body is signed: ``X-Tradewind-Signature: sha256=`` HMAC of the body with the channel's
    ``callback_secret``. The receiver must take the same ``Idempotency-Key`` once.
    """

    platform: str = "api"
    max_chars: int | None = None

    def send(self, account: Account, outbound: Outbound) -> Receipt:
        """Post the reply; without a callback it counts as accepted, for it can be fetched."""
        url = str(account.config.get("callback_url") or "")
        if not url:
            return Receipt(SendStatus.ACCEPTED, id=outbound.idempotency_key)
        body = orjson.dumps(
            {
                "id": outbound.idempotency_key,
                "conversation": outbound.conversation_id,
                "to": {"id": outbound.buyer_id, "name": outbound.buyer_name},
                "text": outbound.text,
                "reply_to": outbound.reply_to,
            }
        )
        secret = account.secrets.get("callback_secret", "").encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": outbound.idempotency_key,
            "X-Tradewind-Signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        }
        return self._post(url, body, headers)

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Receipt:
        draft = Draft("POST", url, headers=headers, body=body, user_given=True)
        try:
            answer = call(egress(), draft, max_bytes=_CALLBACK_ANSWER)
        except OutgoingRefused as error:
            return Receipt(SendStatus.REFUSED, error_code="address", error_text=str(error))
        except TransportFault:
            # Safe to try again, whatever arrived: the receiver knows the key.
            text = "the callback could not be reached or did not answer"
            return Receipt(SendStatus.RETRY, error_code="network", error_text=text)
        if 200 <= answer.status < 300:
            return Receipt(SendStatus.ACCEPTED, id=headers["Idempotency-Key"])
        retry = answer.status in (408, 425, 429) or answer.status >= 500
        return Receipt(
            SendStatus.RETRY if retry else SendStatus.REFUSED,
            error_code=str(answer.status),
            error_text=f"the callback answered {answer.status}",
        )
