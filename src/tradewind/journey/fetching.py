"""A file that is still on the platform is fetched when somebody wants to see it."""

from __future__ import annotations

import httpx
from django.db.transaction import atomic

from tradewind.channels.connector.fetching import MediaFailed, fetch_media
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import account_of
from tradewind.channels.sending import egress
from tradewind.core.problems import Problem
from tradewind.inbox.attachments import store
from tradewind.inbox.models import Attachment


class NotFetched(Problem):
    """The platform did not hand the file out; the sentence says why."""

    def __init__(self, sentence: str, *, temporary: bool) -> None:
        super().__init__(
            status=503 if temporary else 502, title="The file was not fetched", detail=sentence
        )


@atomic
def fetch(row: Attachment) -> Attachment:
    """Fetch the file from its platform and keep it; raises NotFetched."""
    media_id = str((row.remote or {}).get("media_id") or (row.remote or {}).get("url") or "")
    channel = row.message.channel if row.message else None
    connector = platforms().get(channel.platform) if channel else None
    if channel is None or connector is None or not media_id:
        raise NotFetched("this platform offers no way to fetch its files", temporary=False)
    try:
        media = fetch_media(
            connector, account_of(channel), media_id, egress().client, egress=egress()
        )
    except MediaFailed as failed:
        raise NotFetched(str(failed), temporary=failed.temporary) from failed
    except httpx.HTTPError as error:
        said = f"the platform did not answer ({type(error).__name__})"
        raise NotFetched(said, temporary=True) from error
    return store(row, media.data, mime=media.mime)
