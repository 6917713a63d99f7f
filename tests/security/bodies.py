"""What is posted to each screen: good in the hands of one who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.security.world import LABEL

Ids = dict[str, Any]
BODIES: dict[str, Callable[[Ids], dict[str, Any]]] = {
    "inbox_save_view": lambda _: {"name": "mine", "view": "all"},
    "inbox_drop_view": lambda _: {},
    "inbox_bulk": lambda ids: {"act": "resolve", "id": [ids["conversation_id"]]},
    "inbox_seen": lambda _: {},
    "inbox_state": lambda _: {"state": "pending"},
    "inbox_assign": lambda _: {"person": "me"},
    "inbox_presence": lambda _: {"state": "looking"},
    "inbox_write": lambda _: {"kind": "note", "text": "hello"},
    "inbox_draft": lambda _: {"kind": "note", "text": "hello"},
    "inbox_upload": lambda _: {"files": SimpleUploadedFile("a.txt", b"hello")},
    "inbox_detach": lambda _: {},
    "inbox_retry": lambda _: {},
    "inbox_vouch": lambda _: {},
    "inbox_take_back": lambda _: {},
    "inbox_correct": lambda _: {"field": "emotion", "value": "angry"},
    "learning_task_new": lambda _: {
        "name": "Mine", "how": "newest", "count": "5", "labellers": "2",
    },
    "learning_import": lambda _: {
        "import-name": "Mine", "import-labellers": "2",
        "import-file": SimpleUploadedFile("a.jsonl", b'{"text": "hello"}'),
    },
    "learning_move": lambda _: {"was": "mine.gone", "now": "logistics.delay"},
    "learning_state": lambda _: {"state": "closed"},
    "learning_label": lambda ids: LABEL | {"item": ids["item_id"]},
    "learning_undo": lambda _: {},
    "learning_settle": lambda ids: LABEL | {"item": ids["disputed_item_id"]},
    "look": lambda _: {"theme": "dark"},
    "settings_profile": lambda _: {
        "name": "Other", "language": "en", "timezone": "UTC", "theme": "dark", "density": "normal",
    },
    "settings_password": lambda _: {
        "old_password": "correct horse battery",
        "new_password1": "wrong donkey engine", "new_password2": "wrong donkey engine",
    },
    "settings_person_new": lambda _: {
        "email": "new@example.com", "name": "New", "role": "agent", "capacity": 5,
    },
    "settings_person": lambda _: {"role": "owner", "capacity": 7, "on_duty": "on"},
    "settings_person_remove": lambda _: {},
    "settings_person_password": lambda _: {},
    "settings_person_second_step": lambda _: {},
    "settings_teams": lambda _: {"name": "Another"},
    "settings_team": lambda _: {"name": "Renamed"},
    "settings_team_remove": lambda _: {},
    "settings_channel_new": lambda _: {"platform": "api", "name": "Mine"},
    "settings_channel_state": lambda _: {"state": "paused"},
    "settings_replay": lambda _: {},
    "settings_connect_step": lambda _: {
        "imap_host": "127.0.0.1", "imap_port": 1, "imap_tls": "ssl", "smtp_host": "127.0.0.1",
        "smtp_port": 1, "smtp_tls": "ssl", "folder": "INBOX",
    },
    "settings_stores": lambda _: {
        "name": "Mine", "timezone": "UTC", "first_response_minutes": 5,
    },
    "settings_store_new": lambda _: {"name": "Mine", "platform": "amazon", "timezone": "UTC"},
    "settings_store": lambda _: {"name": "Mine", "platform": "amazon", "timezone": "UTC"},
    "settings_tokens": lambda _: {"name": "mine", "scopes": ["triage"], "days": "30"},
    "settings_token_revoke": lambda _: {},
    "settings_map_new": lambda _: {
        "base_version": 2, "code": "mine", "en:": "Mine", "zh:": "Mine",
        "severity:": "1", "active:": "on",
    },
    "settings_map_restore": lambda _: {"base_version": 2},
}  # fmt: skip
# Posts that change no row of a workspace, or none that can be made here, and why.
WITHOUT_ROWS: dict[str, str] = {
    "inbox_check": "says what stands against a text",
    "inbox_address": "reads; only the audit log tells of it",
    "switch_workspace": "changes one's own session",
    "settings_sign_out": "ends one's own other sessions",
    "settings_backfill": "begins a job; the mailbox here has no server",
    "settings_usual_port": "only for a provider that is known",
    "settings_try": "tries",
    "settings_checks": "tries",
    "settings_connect": "the mailbox has steps of its own, see settings_connect_step",
    "settings_rotate": "a mailbox has no secret of our choosing",
    "settings_map_branch": "as settings_map_new",
    "learning_use": "says so in a file of the data folder",
    "learning_challenge": "says so in a file of the data folder",
    "learning_end_challenge": "says so in a file of the data folder",
    "learning_back": "says so in a file of the data folder",
    "learning": "reads", "learning_task": "reads", "learning_models": "reads",
    "learning_model": "reads",
    "inbox": "reads", "settings": "reads", "settings_people": "reads", "settings_channels": "reads",
    "settings_channel": "reads", "settings_map": "reads", "settings_map_version": "reads",
    "settings_audit": "reads", "settings_audit_export": "reads", "buyers": "reads",
    "buyer": "reads",
}  # fmt: skip
# Addresses whose deed wants another of Alice's things than the usual one.
OTHER_IDS = {
    "inbox_retry": {"message_id": "answer_id"},
    "inbox_vouch": {"message_id": "unsure_id"},
    "inbox_take_back": {"message_id": "queued_id"},
    "learning_undo": {"task_id": "disputed_task_id"},
    "learning_settle": {"task_id": "disputed_task_id"},
    "inbox_detach": {"attachment_id": "draft_file_id"},
}
# Deeds on what is one's own, open to everybody who may sign in, and the tables they touch.
OWN_ROWS: dict[str, set[str]] = {
    "inbox_save_view": {"inbox_savedview"},
    "inbox_presence": {"inbox_liveevent"},
    "look": {"identity_person"},
    "settings_profile": {"identity_person"},
    "settings_password": {"identity_person"},
}
