"""The jobs that screens ask for, found here by the worker."""

from tradewind.journey.backfilling import backfill_mailbox

__all__ = ["backfill_mailbox"]
