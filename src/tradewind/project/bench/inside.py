"""What only the program itself can do to a desk: store mails, fill a million conversations."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

from tradewind.core.errors import OperatorError
from tradewind.project.bench.desk import Desk

_ACCEPT = """
import pickle, sys, django
django.setup()
from tradewind.channels import deliveries, services
from tradewind.channels.mail.event import dedupe_key
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace
raws = pickle.load(sys.stdin.buffer)
with in_workspace(Workspace.objects.get().pk):
    channel = services.create_channel(None, platform="email", name="Bench mail",
                                      config={"address": "support@islelight.example"})
    for start in range(0, len(raws), 200):
        deliveries.accept(channel.pk, [deliveries.Raw(deliveries.short_key(dedupe_key(raw)), raw)
                                       for raw in raws[start:start + 200]], transport="mail")
"""


def accept_mails(desk: Desk, raws: Sequence[bytes]) -> None:
    """Store mails as the mailbox reader does."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("TRADEWIND_")} | {
        "TRADEWIND_HOME": str(desk.home),
        "DJANGO_SETTINGS_MODULE": "tradewind.project.settings",
    }
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", _ACCEPT],
        input=pickle.dumps(list(raws)),
        env=env,
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise OperatorError(f"mails were not taken: {done.stderr.decode()[-2000:]}")
