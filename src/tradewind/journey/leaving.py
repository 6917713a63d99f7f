"""Replies that are due leave, one by one; what became of each is kept even over a restart."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.db import Error, connection
from django.db.transaction import atomic

from tradewind.channels import pacing
from tradewind.channels.contract import Account, Outbound, Receipt, Sender, SendStatus
from tradewind.channels.sealing import account_of
from tradewind.channels.sending import NoSender, sender_for
from tradewind.core.troubles import is_passing
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace
from tradewind.inbox import outgoing
from tradewind.inbox.models import Outgoing
from tradewind.journey.outbound import NobodyToAnswer, outbound_of

# A platform's word that we hold must not be lost because the database restarts just now.
KEEP_SECONDS = 60.0
log = structlog.get_logger(__name__)


def send_due(*, limit: int = 4) -> int:
    """Send replies that are due, workspace by workspace; how many were tried."""
    tried = 0
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            _give_up_on_stale()
            for _ in range(limit):
                # One by one: what is claimed and not yet begun would be in doubt after a crash.
                if not (claimed := outgoing.claim_due(1)):
                    break
                _send(claimed[0])
                tried += 1
    return tried


@atomic
def _give_up_on_stale() -> None:
    for row in outgoing.stale():
        text = "the program stopped while this was being sent; look whether the buyer has it"
        outgoing.note_result(
            row,
            Receipt(SendStatus.RETRY, error_code="stopped", error_text=text, uncertain=True),
        )


def _send(outgoing_id: int) -> None:
    try:
        row = Outgoing.objects.select_related(
            "message__conversation__channel", "message__conversation__buyer"
        ).get(pk=outgoing_id)
        account = account_of(row.message.conversation.channel)
        if wait := pacing.wait_before(account, row.message.conversation.external_id):
            outgoing.put_back(row, seconds=wait)
            return
        sender, outbound = sender_for(account), outbound_of(row)
    except NoSender as error:
        receipt = Receipt(SendStatus.REFUSED, error_code="channel", error_text=str(error))
    except NobodyToAnswer as error:
        receipt = Receipt(SendStatus.REFUSED, error_code="no_address", error_text=str(error))
    except Exception as error:  # nothing has left yet, so a further try is safe
        if is_passing(error):
            _keep(lambda: outgoing.put_back(Outgoing.objects.get(pk=outgoing_id), seconds=1.0))
            return
        log.exception("reply.not_prepared", outgoing=outgoing_id)
        text = f"it could not be made ready to be sent ({type(error).__name__})"
        receipt = Receipt(SendStatus.RETRY, error_code="broke", error_text=text)
    else:
        receipt = _handed_over(sender, account, outbound)
    _keep(lambda: outgoing.note_result(Outgoing.objects.get(pk=outgoing_id), receipt))


def _handed_over(sender: Sender, account: Account, outbound: Outbound) -> Receipt:
    try:
        return sender.send(account, outbound)
    except Exception as error:  # a reply must end in a state that people see
        log.exception("reply.broke", channel=account.id)
        text = f"sending broke ({type(error).__name__}); look whether the buyer has it"
        return Receipt(SendStatus.RETRY, error_code="broke", error_text=text, uncertain=True)


def _keep(write: Callable[[], None]) -> None:
    """Write it down; a database that is away is waited for."""
    deadline = time.monotonic() + KEEP_SECONDS
    while True:
        try:
            return write()
        except Error as error:
            if not is_passing(error) or time.monotonic() > deadline:
                raise
            log.warning("reply.kept_in_hand", cause=str(error)[:200])
            connection.close()
            time.sleep(0.3)
