"""Django as a WSGI application; project.asgi runs it in threads."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradewind.project.settings")
application = get_wsgi_application()
