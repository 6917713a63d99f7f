"""Desks that are backed up and restored, each with a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tradewind.core.home import keys
from tradewind.core.postgres import Addresses
from tradewind.inbox.storage import Folder
from tradewind.project.backup import dump
from tradewind.project.backup.tables import table_names

PASSPHRASE = "a walnut under the third tree"

SEED = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tradewind.project.settings"; django.setup()
from pathlib import Path
from email.message import EmailMessage
from django.conf import settings
from tests.journey_helpers import api_item, arrive, mail_in
from tradewind.channels.services import create_channel
from tradewind.identity import services as identity
from tradewind.identity.models import Person
from tradewind.identity.scope import in_workspace
from tradewind.project.migrate import migrate
migrate()
owner = Person.objects.create_user("mei@example.com", "correct horse battery", name="梅")
workspace = identity.create_workspace("Islelight", owner=owner)
with in_workspace(workspace.pk):
    secret = {"password": "hush"}
    box = create_channel(None, platform="email", name="Mail", secrets_given=secret, state="live")
    for number in range(20):
        mail = EmailMessage()
        mail["From"], mail["To"] = f"b{number}@example.de", "help@example.com"
        mail["Subject"], mail["Message-ID"] = "Lamp\\ttab \\\\ back", f"<{number}@example.de>"
        mail.set_content("Broken \\\\N \\t 灯 " * 50)
        mail.add_attachment(os.urandom(2000), maintype="image", subtype="png", filename="灯.png")
        mail_in(box, mail.as_bytes())
    api = create_channel(None, platform="api", name="API", state="live")
    arrive(api, *[api_item(f"m{n}") for n in range(200)])
    identity.audit(None, "test.done")
folder = settings.HOME / "connectors" / "own"; folder.mkdir(parents=True)
(folder / "mine + 灯 (copy).toml").write_text("platform = 'mine'\\n")
model = settings.HOME / "models" / "1" / "first"; model.mkdir(parents=True)
(model / "card.json").write_text("{}")
"""
OPEN = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tradewind.project.settings"; django.setup()
from tradewind.channels.models import Channel, Delivery
from tradewind.channels.sealing import open_body, secrets_of
from tradewind.identity.models import Person, Workspace
from tradewind.identity.scope import in_workspace
with in_workspace(Workspace.objects.get().pk):
    assert secrets_of(Channel.objects.get(name="Mail"))["password"] == "hush"
    for d in Delivery.objects.all():
        assert open_body(bytes(d.body), channel_id=d.channel_id, dedupe_key=d.dedupe_key)
    assert Channel.objects.create(key="k", platform="api", name="new").pk > 2
assert not Channel.objects.exists(), "the wall is down"
assert Person.objects.get().check_password("correct horse battery")
"""


@dataclass(frozen=True)
class Desk:
    home: Path
    at: Addresses

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "tradewind", *words)

    def python(self, *words: object) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("TRADEWIND")}
        env |= {
            "TRADEWIND_HOME": str(self.home),
            "TRADEWIND_DATABASE_URL": self.at.owner_url,
            "TRADEWIND_DATABASE_APP_URL": self.at.app_url,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, *map(str, words)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=150)

    def rows(self) -> dict[str, list[Any]]:
        with psycopg.connect(self.at.owner_url) as connection:
            return {
                name: connection.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1').fetchall()
                for name in table_names(connection)
            }

    def files(self) -> dict[str, bytes]:
        folders = [self.home / "files", self.home / "connectors", self.home / "models"]
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
        }


Maker = Callable[[str], Desk]


def quiet(*_: object) -> None:
    pass


def parts_of(desk: Desk) -> dump.Parts:
    return dump.Parts(
        desk.at.owner_url, desk.home, keys(desk.home, {}), Folder(desk.home / "files")
    )
