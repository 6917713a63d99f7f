"""The ASGI root: intake, webhooks, live updates and health natively, all else Django in threads."""

from __future__ import annotations

from typing import Any

# Sets Django up, which what follows needs.
from tradewind.project.wsgi import application as django  # isort: skip
from tradewind.project.root import Root

application: Any = Root(django)
