"""Alice's workspace with one of everything, each text a mark that must never get out.

Every mark is also an attempt to leave the place where it is shown: it closes an attribute and a
tag and opens a script.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import orjson
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.journey_helpers import api_item, arrive
from tradewind.channels import services as channels
from tradewind.channels.models import Channel, Delivery, Refusal
from tradewind.channels.sealing import seal_body
from tradewind.commerce import addresses, stores
from tradewind.commerce.models import Buyer, Identity, Order, OrderItem, Return, Shipment
from tradewind.identity import colleagues
from tradewind.identity import services as identity
from tradewind.identity.models import Membership, Person
from tradewind.identity.roles import Scope
from tradewind.identity.scope import in_workspace
from tradewind.inbox import attachments, overview
from tradewind.inbox.models import Attachment, Conversation, Draft, Message, Note, Outgoing
from tradewind.learning import labelling, tasks
from tradewind.learning.services import registry
from tradewind.triage import problem_map

MARK = "zqxkvj"  # long enough never to turn up in a random token
SECRET = "zqx-secret-4711"  # planted to be searched for
LABEL = {
    "intent": "logistics.delay", "also": [], "complaint": "explicit", "emotion": "calm",
    "urgency": "high", "threats": [], "language": "en",
}  # fmt: skip
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def mark(name: str) -> str:
    """A text nobody else would write, and that runs where it is not escaped."""
    return f"""{MARK}-{name}'"><script>{MARK}(1)</script><img src=x onerror={MARK}(2)>"""


def short(name: str) -> str:
    """The same for columns with little room."""
    return f'{MARK}{name}"><b {MARK}>'[:60]


def signed_in(cast: SimpleNamespace, name: str, **options: Any) -> Client:
    """A browser with this person's session."""
    client = Client(**options)
    client.force_login(getattr(cast.people, name), BACKEND)
    return client


def furnish(cast: SimpleNamespace) -> SimpleNamespace:
    """The cast with ``ids`` of Alice's by the names that addresses give them."""
    with in_workspace(cast.workspace.pk):
        ids = _things(cast) | _conversation(cast) | _learning(cast)
    cast.ids = ids | {
        "version": 1,
        "model": "first",
        "code": "logistics",
        "step": "servers",
        "tab": "order",
    }
    return cast


def _things(cast: SimpleNamespace) -> dict[str, Any]:
    alice = cast.alice
    mailbox = channels.create_channel(
        alice,
        platform="email",
        name=mark("channel"),
        config={"address": "zqx-box@example.com"},
        secrets_given={"password": SECRET, "smtp_password": SECRET},
    )
    Delivery.objects.create(
        channel=mailbox,
        dedupe_key="k1",
        transport="mail",
        state="failed",
        error=mark("delivery"),
        body=seal_body(b"x", channel_id=mailbox.pk, dedupe_key="k1"),
    )
    Refusal.objects.create(channel=mailbox, reason=mark("refusal"))
    Channel.objects.filter(pk=mailbox.pk).update(
        last_error=mark("error"), last_error_at=timezone.now()
    )
    nodes = [dict(node) for node in problem_map.current_map().nodes]
    nodes[0] |= {"en": mark("problem"), "zh": mark("problem")}
    problem_map.change_map(alice, nodes, base_version=1, note=mark("map"))
    member = Membership.objects.get(person=cast.people.bob)
    Person.objects.filter(pk=cast.people.lena.pk).update(name=mark("person"))
    cast.token = identity.create_token(name=mark("token")[:80], scopes=list(Scope), by=alice)
    key = Authenticator.objects.create(
        user=cast.people.alice, type="webauthn", data={"name": mark("key"), "credential": {}}
    )
    return {
        "pk": key.pk,
        "channel_id": mailbox.pk,
        "team_id": colleagues.save_team(alice, name=mark("team")).pk,
        "store_id": stores.save_store(alice, name=mark("store"), platform="amazon").pk,
        "token_id": cast.token.token.pk,
        "membership_id": member.pk,
        "view_id": overview.save_view(alice, name=short("view"), query="view=all").pk,
    }


def _conversation(cast: SimpleNamespace) -> dict[str, Any]:
    api = Channel.objects.create(key="ch_zqx", platform="api", name=mark("api"), state="live")
    arrive(api, api_item("m1", mark("text"), subject=mark("subject"), order=short("number")))
    found = Conversation.objects.get()
    message = Message.objects.get(conversation=found)
    buyer, order = _commerce()
    Message.objects.filter(pk=message.pk).update(
        html=f'<p>{MARK}-html</p><img data-cid="c1" alt="{MARK}">', quoted=mark("quoted"),
        author_name=mark("author"), subject=mark("subject"),
    )  # fmt: skip
    Conversation.objects.filter(pk=found.pk).update(
        buyer=buyer, order=order, buyer_name=mark("buyer"), subject=mark("subject"),
        preview=mark("preview"), unread_count=1,
    )  # fmt: skip
    Note.objects.create(conversation=found, author=cast.people.bob, text=mark("note"))
    Draft.objects.create(conversation=found, author=cast.people.lena, text=mark("draft"))
    answers = [_answer(cast, found, state) for state in ("failed", "queued", "unsure")]
    draft_file = attachments.attach(
        cast.alice, found, name=short("draftfile"), mime="text/html", data=MARK.encode()
    )
    file = attachments.store(
        Attachment.objects.create(message=message, name=mark("file"), content_id="c1"),
        f"<script>{MARK}-bytes</script>".encode(),
        mime="text/html",
    )
    return {
        "conversation_id": found.pk,
        "message_id": message.pk,
        "answer_id": answers[0].pk,
        "queued_id": answers[1].pk,
        "unsure_id": answers[2].pk,
        "draft_file_id": draft_file.pk,
        "attachment_id": file.pk,
        "buyer_id": buyer.pk,
        "order_id": order.pk,
    }


def _learning(cast: SimpleNamespace) -> dict[str, Any]:
    """A task to label, one with a dispute, and the card of a model."""
    text = orjson.dumps({"text": mark("label")})
    fresh = tasks.take_in(cast.alice, mark("task"), [text])
    disputed = tasks.take_in(cast.alice, mark("dispute"), [text])
    for actor, emotion in ((cast.alice, "calm"), (cast.lena, "angry")):
        label = LABEL | {"emotion": emotion}
        labelling.give(actor, disputed, disputed.items.get().pk, label)
    folder = registry().folder_for("first")
    folder.mkdir(parents=True)
    card = {"labels": [mark("leaf")], "encoder": mark("encoder"), "examples": 1, "figures": {}}
    (folder / "card.json").write_bytes(orjson.dumps(card))
    return {
        "task_id": fresh.pk,
        "item_id": fresh.items.get().pk,
        "disputed_task_id": disputed.pk,
        "disputed_item_id": disputed.items.get().pk,
    }


def _answer(cast: SimpleNamespace, found: Conversation, state: str) -> Message:
    out = Message.objects.create(
        conversation=found, channel=found.channel, direction="out", text=mark("answer"),
        author=cast.people.alice, sent_at=timezone.now(),
    )  # fmt: skip
    Outgoing.objects.create(
        message=out, idempotency_key=state, state=state, error_text=mark("failure"),
        error_code=short("code"), next_try_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    return out


def _commerce() -> tuple[Buyer, Order]:
    buyer = Buyer.objects.create(name=mark("buyer"), note=mark("buyernote"))
    Identity.objects.create(buyer=buyer, kind="email", value="zqx-anna@example.de")
    order = Order(
        buyer=buyer, platform="shopify", external_id="zqx1", number=mark("number"),
        status=short("status"),
    )  # fmt: skip
    addresses.set_address(order, {"name": mark("name"), "city": mark("city"), "phone": MARK})
    order.save()
    OrderItem.objects.create(order=order, title=mark("item"), sku=mark("sku"))
    event = {"at": "2026-01-01T00:00:00Z", "text": mark("event"), "location": mark("place")}
    Shipment.objects.create(
        order=order, external_id="s", carrier=short("carrier"), tracking_number=short("track"),
        events=[event | {"stage": "in_transit"}],
    )  # fmt: skip
    Return.objects.create(
        order=order, external_id="r", status=short("return"), reason_text=mark("reason"),
        reason_code=mark("reasoncode"),
    )  # fmt: skip
    return buyer, order


def rows_of(*workspaces: Any) -> dict[str, Any]:
    """Count and checksum of every table as these workspaces see them together."""
    return {f"{each.pk}:{name}": state for each in workspaces for name, state in _rows(each)}


def _rows(workspace: Any) -> list[tuple[str, str]]:
    with in_workspace(workspace.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'django_migrations' ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*) || coalesce(md5(string_agg(t::text, '|' ORDER BY"
                f" t::text)), '') FROM {t} t"
                for t in tables
            )
        )
        return list(cursor.fetchall())


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The tables that are other than before."""
    return {key.partition(":")[2] for key in before if before[key] != after[key]}
