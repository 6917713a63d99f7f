"""A mailbox goes live, and what lay in it before is taken in."""

from __future__ import annotations

from datetime import date

from django.db.transaction import atomic

from tradewind.channels import services as channels
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.channels.models import Channel, ChannelState
from tradewind.core.jobs import Retry, job, later
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.identity.scope import in_workspace
from tradewind.journey import mailboxes

DONE = "channel.backfilled"


@job("mailbox.backfill", retry=Retry(attempts=3, on=(MailboxUnreachable,)))
def backfill_mailbox(*, workspace_id: int, channel_id: int, since: str, until: str) -> None:
    """Take in every mail of these days; how many were new stands in the audit log."""
    with in_workspace(workspace_id):
        channel = Channel.objects.filter(pk=channel_id).first()
        if channel is None:
            return
        try:
            new = mailboxes.backfill(
                channel, since=date.fromisoformat(since), until=date.fromisoformat(until)
            )
        except (MailboxRefused, MailboxUnreachable) as error:
            identity.audit(None, DONE, subject=channel, since=since, until=until, error=str(error))
            raise
        identity.audit(None, DONE, subject=channel, since=since, until=until, new=new)


@atomic
def start_backfill(actor: Actor, channel: Channel, *, since: date, until: date) -> None:
    """Have the mails of these days taken in soon; asked twice it is done once."""
    actor.require(Right.REPLAY)
    if channel.platform != "email":
        raise Invalid("only a mailbox can be read again from an earlier day")
    if since > until:
        raise Invalid(f"since: got {since}, wanted a day up to {until}")
    key = f"backfill:{channel.pk}"
    later(
        backfill_mailbox.once(f"{key}:{since}:{until}").one_at_a_time(key),
        workspace_id=actor.workspace_id,
        channel_id=channel.pk,
        since=since.isoformat(),
        until=until.isoformat(),
    )
    identity.audit(
        actor, "channel.backfill_asked", subject=channel, since=str(since), until=str(until)
    )


def go_live(actor: Actor, channel: Channel) -> Channel:
    """Read the mailbox from its present end on; raises MailboxRefused, MailboxUnreachable.

    What lay in it before comes only by a back-fill, so that an old mailbox does not flood the desk.
    """
    actor.require(Right.SET_UP)
    if not mailboxes.has_place(channel):
        mailboxes.start_at_end(channel)
    return channels.change_channel(actor, channel, state=ChannelState.LIVE)
