"""The ASGI root: intake, webhooks, live updates and health natively, all else Django in threads."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradewind.project.settings")

from tradewind.project.root import Root  # noqa: E402  # settings must be named first
from tradewind.project.wsgi import application as django  # noqa: E402

application: Any = Root(django)
