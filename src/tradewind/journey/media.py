"""Files that are still on the platform are fetched soon after their message has arrived.

They are asked for with the channel's own credentials and kept in the file store. What cannot be had
is refused with its reason; a passing fault is tried again, later each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urljoin

import structlog
from django.db import DatabaseError
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels.connector.egress import Answered, Draft, TransportFault, call
from tradewind.channels.connector.errors import OutgoingRefused
from tradewind.channels.connector.fetching import Media, MediaFailed, fetch_media
from tradewind.channels.contract import Account
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import account_of
from tradewind.channels.sending import egress
from tradewind.core.jobs import job, later, later_many
from tradewind.core.problems import Problem
from tradewind.identity.scope import current_workspace_id, in_workspace
from tradewind.inbox import live
from tradewind.inbox.attachments import store
from tradewind.inbox.models import Attachment, AttachmentState
from tradewind.journey.files import MAX_BYTES

TRIES = 6
PAUSE = timedelta(seconds=10)  # after the first failure, then four times as long each time
_HOPS = 4
_UNKNOWN = "application/octet-stream"
log = structlog.get_logger(__name__)


class NotFetched(Problem):
    """The platform did not hand the file out; the sentence says why."""

    def __init__(self, sentence: str, *, temporary: bool) -> None:
        super().__init__(
            status=503 if temporary else 502, title="The file was not fetched", detail=sentence
        )


@job("media.fetch")
def fetch(*, workspace_id: int, attachment_id: int) -> None:
    """Fetch one file; nothing to do when it is there or was refused."""
    with in_workspace(workspace_id):
        row = (
            Attachment.objects.select_related("message__channel")
            .filter(pk=attachment_id, state=AttachmentState.REMOTE)
            .first()
        )
        if row is None or row.message is None:
            return
        try:
            found = _ask(row, account_of(row.message.channel))
        except MediaFailed as fault:
            _put_off(row, fault)
        except DatabaseError:
            raise
        except Exception as fault:  # a stranger's answer must end in a reason that people see
            log.exception("media.broke", attachment=attachment_id)
            _refuse(row, f"the platform's answer broke it ({type(fault).__name__})")
        else:
            _store(row, found)


def fetch_now(row: Attachment) -> Attachment:
    """Fetch a file that somebody wants to see; raises NotFetched, and the job goes on trying."""
    if row.message is None:
        raise NotFetched("the file belongs to no message", temporary=False)
    try:
        found = _ask(row, account_of(row.message.channel))
    except MediaFailed as failed:
        raise NotFetched(str(failed), temporary=failed.temporary) from failed
    _store(row, found)
    return row


def fetch_soon(rows: Sequence[Attachment]) -> None:
    """Have these fetched once the transaction is committed."""
    workspace_id = current_workspace_id() if rows else 0
    later_many(fetch, [{"workspace_id": workspace_id, "attachment_id": row.pk} for row in rows])


def _ask(row: Attachment, account: Account) -> Media:
    if row.size > MAX_BYTES:
        raise MediaFailed(_too_large(row.size))
    connector = platforms().get(account.platform)
    way, media_id, url = egress(), row.remote.get("media_id"), row.remote.get("url")
    if media_id and connector is not None and connector.media:
        found = fetch_media(
            connector, account, media_id, way.client, egress=way, max_bytes=MAX_BYTES
        )
    elif url:
        found = _download(url)
    else:
        raise MediaFailed("There is no way to fetch files from this platform.")
    if not found.data:
        raise MediaFailed("The platform gave an empty file.", temporary=True)
    return found


def _too_large(size: int) -> str:
    return f"{size // 2**20} MB, more than the {MAX_BYTES // 2**20} MB kept here"


def _download(url: str) -> Media:
    """A file at a plain address, which may point on; only public https ones are asked."""
    for _ in range(_HOPS):
        answer = _called(url)
        if answer.status not in (301, 302, 303, 307, 308):
            break
        url = urljoin(url, answer.headers.get("location", ""))
    if answer.status >= 300:
        temporary = answer.status == 429 or answer.status >= 500
        raise MediaFailed(f"The platform answered HTTP {answer.status}.", temporary=temporary)
    mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Media(answer.body, mime)


def _called(url: str) -> Answered:
    try:
        return call(egress(), Draft("GET", url, user_given=True), max_bytes=MAX_BYTES)
    except OutgoingRefused as fault:
        raise MediaFailed(f"The file was not fetched: {fault}") from None
    except TransportFault as fault:
        raise MediaFailed(str(fault), temporary="larger" not in str(fault)) from None


@atomic
def _put_off(row: Attachment, fault: MediaFailed) -> None:
    tries = int(row.remote.get("tries") or 0) + 1
    if not fault.temporary or tries >= TRIES:
        _refuse(row, str(fault))
        return
    row.remote, row.reason = {**row.remote, "tries": tries}, str(fault)[:300]
    row.save(update_fields=["remote", "reason"])
    again = fetch.at(timezone.now() + PAUSE * 4 ** (tries - 1))
    later(again, workspace_id=current_workspace_id(), attachment_id=row.pk)


@atomic
def _refuse(row: Attachment, reason: str) -> None:
    row.state, row.reason = AttachmentState.REFUSED, reason[:300]
    row.save(update_fields=["state", "reason"])
    _tell(row)


@atomic
def _store(row: Attachment, found: Media) -> None:
    store(row, found.data, mime=found.mime if row.mime == _UNKNOWN else "")
    _tell(row)


def _tell(row: Attachment) -> None:
    if row.message is not None:
        live.tell("changed", [row.message.conversation_id])
