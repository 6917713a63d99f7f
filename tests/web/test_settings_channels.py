"""Connecting channels against real servers, and the problem map under two hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.channels.mail.conftest import dovecot
from tests.channels.mail.dovecot import PASSWORD, Dovecot, free_port
from tests.channels.mail.test_smtp import sink
from tradewind.channels.health import SLOT, find_gaps
from tradewind.channels.models import Channel, Delivery, Refusal
from tradewind.channels.sealing import seal_body, secrets_of
from tradewind.identity.scope import in_workspace
from tradewind.journey.backfilling import backfill_mailbox
from tradewind.triage.problem_map import current_map

__all__ = ["dovecot", "sink"]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAIL = b"From: anna@example.com\nTo: s@x.example\nMessage-ID: <%d@example.com>\n\nHello %d\n"


def signed_in(cast: SimpleNamespace, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast.people, name), BACKEND)
    return client


def choose(client: Client, platform: str, name: str) -> int:
    answer = client.post(reverse("settings_channel_new"), {"platform": platform, "name": name})
    return int(answer["Location"].rstrip("/").split("/")[-2])


def at_step(channel_id: int, step: str) -> str:
    return reverse("settings_connect_step", args=[channel_id, step])


def the_channel(cast: SimpleNamespace, channel_id: int) -> Channel:
    with in_workspace(cast.workspace.pk):
        return Channel.objects.get(pk=channel_id)


def connect_mailbox(client: Client, user: str, **servers: object) -> int:
    channel_id = choose(client, "email", f"{user}@shop.example")
    signin = {"address": f"{user}@shop.example", "user": user, "password": PASSWORD}
    assert client.post(at_step(channel_id, "signin"), signin).status_code == 302
    given = {"imap_host": "127.0.0.1", "imap_tls": "none", "folder": "INBOX", "smtp_tls": "none"}
    given |= {"smtp_port": "465", **{name: str(value) for name, value in servers.items()}}
    assert client.post(at_step(channel_id, "servers"), given).status_code == 302
    return channel_id


def test_a_mailbox_is_connected_checked_filled_and_live(
    cast: SimpleNamespace, dovecot: Dovecot, sink: tuple[object, object]
) -> None:
    client = signed_in(cast, "alice")
    dovecot.deliver("settings1", *(MAIL % (number, number) for number in range(3)))
    _handler, smtp = sink
    channel_id = connect_mailbox(
        client, "settings1", imap_port=dovecot.port, smtp_host="127.0.0.1",
        smtp_port=smtp.port, smtp_user="-",
    )  # fmt: skip
    page = client.get(reverse("settings_checks", args=[channel_id])).content.decode()
    assert "t-red" not in page
    assert "holds 3 mails" in page
    assert " ms" in page
    client.post(reverse("settings_channel_state", args=[channel_id]), {"state": "live"})
    live = the_channel(cast, channel_id)
    assert (live.state, live.progress["last_uid"]) == ("live", 3)
    today = datetime.now(UTC).date()
    days = {"since": today - timedelta(days=2), "until": today + timedelta(days=1)}
    client.post(at_step(channel_id, "backfill"), days)
    queued = ProcrastinateJob.objects.get(task_name="mailbox.backfill")
    backfill_mailbox(**queued.args)
    with in_workspace(cast.workspace.pk):
        assert Delivery.objects.filter(channel_id=channel_id, transport="mail").count() == 3
    ledger = client.get(reverse("settings_channel", args=[channel_id])).content.decode()
    assert "3 new mails" in ledger


def test_a_port_that_nobody_answers_is_said_and_the_channel_stays_a_draft(
    cast: SimpleNamespace,
) -> None:
    client = signed_in(cast, "alice")
    port = free_port()
    channel_id = connect_mailbox(client, "silent", imap_port=port)
    page = client.get(reverse("settings_checks", args=[channel_id])).content.decode()
    assert f"127.0.0.1:{port} refuses connections" in page
    url = reverse("settings_channel_state", args=[channel_id])
    answer = client.post(url, {"state": "live"}, follow=True)
    assert "refuses connections" in answer.content.decode()
    assert the_channel(cast, channel_id).state == "draft"


def test_the_port_a_provider_usually_has_is_one_click_away(cast: SimpleNamespace) -> None:
    client = signed_in(cast, "alice")
    channel_id = choose(client, "email", "support@qq.com")
    config = the_channel(cast, channel_id).config
    assert (config["imap_host"], config["smtp_port"]) == ("imap.qq.com", 465)
    with in_workspace(cast.workspace.pk):
        Channel.objects.update(config={**config, "smtp_port": 587, "smtp_tls": "starttls"})
    client.post(reverse("settings_usual_port", args=[channel_id]))
    config = the_channel(cast, channel_id).config
    assert (config["smtp_port"], config["smtp_tls"]) == (465, "ssl")


def test_a_secret_left_empty_stays_and_a_new_one_keeps_the_former_valid(
    cast: SimpleNamespace,
) -> None:
    client = signed_in(cast, "alice")
    channel_id = choose(client, "shopify", "Shop")
    url, try_url = (
        reverse(name, args=[channel_id]) for name in ("settings_connect", "settings_try")
    )
    assert b"notice--bad" in client.post(try_url).content
    typed = {"name": "Shop", "config:shop": "a.myshopify.com", "secret:client_secret": "first"}
    client.post(url, typed)
    assert b"notice--good" in client.post(try_url).content
    client.post(url, {**typed, "secret:client_secret": ""})
    assert secrets_of(the_channel(cast, channel_id))["client_secret"] == "first"
    client.post(url, {**typed, "secret:client_secret": "second"})
    kept = secrets_of(the_channel(cast, channel_id))
    assert (kept["client_secret"], kept["client_secret.previous"]) == ("second", "first")


def test_our_own_secret_is_shown_once_with_the_call_that_tells_telegram(
    cast: SimpleNamespace,
) -> None:
    client = signed_in(cast, "alice")
    channel_id = choose(client, "telegram", "Bot")
    page = client.post(reverse("settings_rotate", args=[channel_id])).content.decode()
    secret = secrets_of(the_channel(cast, channel_id))["secret_token"]
    assert f"secret_token={secret}" in page
    assert the_channel(cast, channel_id).key in page
    again = client.get(reverse("settings_connect", args=[channel_id])).content.decode()
    assert secret not in again
    assert b"notice--good" in client.post(reverse("settings_try", args=[channel_id])).content


def test_a_callback_that_may_not_be_called_is_refused_with_the_reason(
    cast: SimpleNamespace,
) -> None:
    client = signed_in(cast, "alice")
    channel_id = choose(client, "api", "ERP")
    url = reverse("settings_connect", args=[channel_id])
    answer = client.post(url, {"name": "ERP", "callback_url": "ftp://erp.example/x"})
    assert answer.context["form"].errors["callback_url"]
    assert "callback_url" not in the_channel(cast, channel_id).config


def test_failed_deliveries_and_refusals_are_shown_and_replayed(cast: SimpleNamespace) -> None:
    alice, lena = signed_in(cast, "alice"), signed_in(cast, "lena")
    channel_id = choose(alice, "telegram", "Bot")
    with in_workspace(cast.workspace.pk):
        body = seal_body(b"{", channel_id=channel_id, dedupe_key="k")
        Delivery.objects.create(
            channel_id=channel_id, dedupe_key="k", transport="webhook", state="failed",
            error="no <json>", body=body,
        )  # fmt: skip
        Refusal.objects.create(channel_id=channel_id, reason="bad signature", ip="203.0.113.9")
    url = reverse("settings_channel", args=[channel_id])
    page = lena.get(url).content.decode()
    assert "no &lt;json&gt;" in page
    assert "bad signature" in page
    lena.post(reverse("settings_replay", args=[channel_id]))
    with in_workspace(cast.workspace.pk):
        assert Delivery.objects.get().state == "waiting"


def test_a_silence_is_a_gap_only_where_the_pace_makes_it_strange() -> None:
    since = datetime(2026, 9, 26, tzinfo=UTC)
    busy = tuple([10] * 20 + [0] * 4 + [10] * 24)
    (gap,) = find_gaps(busy, since=since)
    assert (gap.since, gap.until) == (since + SLOT * 20, since + SLOT * 24)
    assert find_gaps((1, *[0] * 10, 1, *[0] * 36), since=since) == []
    assert find_gaps(tuple([0] * 48), since=since) == []


def test_two_people_at_the_map_do_not_overwrite_one_another(cast: SimpleNamespace) -> None:
    alice, lena = signed_in(cast, "alice"), signed_in(cast, "lena")
    url = reverse("settings_map_branch", args=["logistics"])
    form = lena.get(url).context
    typed = _typed(form)
    changed = {**typed, "en:logistics": "Shipping", "note": "words of the buyers"}
    assert alice.post(url, changed).status_code == 302
    mine = {**typed, "zh:logistics": "快递"}
    conflict = lena.post(url, mine)
    assert conflict.status_code == 409
    page = conflict.content.decode()
    assert "Shipping" in page
    assert "Alice" in page
    assert 'value="快递"' in page
    with in_workspace(cast.workspace.pk):
        assert current_map().version == 2
    again = {**mine, "base_version": "2"}
    assert lena.post(url, again).status_code == 302
    with in_workspace(cast.workspace.pk):
        assert (current_map().version, current_map().nodes[0]["zh"]) == (3, "快递")


def test_a_leaf_is_added_and_a_version_brought_back(cast: SimpleNamespace) -> None:
    lena = signed_in(cast, "lena")
    url = reverse("settings_map_branch", args=["logistics"])
    typed = _typed(lena.get(url).context)
    new = {"code:new0": "drone", "en:new0": "Drone <b>", "zh:new0": "无人机", "active:new0": "on"}
    nameless = {**new, "zh:new0": ""}
    assert lena.post(url, {**typed, **nameless}).status_code == 422
    assert lena.post(url, {**typed, **new}).status_code == 302
    page = lena.get(reverse("settings_map")).content.decode()
    assert "logistics.drone" in page
    assert "Drone &lt;b&gt;" in page
    restore = reverse("settings_map_restore", args=[1])
    assert lena.post(restore, {"base_version": "2"}).status_code == 302
    with in_workspace(cast.workspace.pk):
        codes = [node["code"] for node in current_map().nodes]
        assert current_map().version == 3
    assert "logistics.drone" not in codes


def test_a_new_branch_never_takes_the_place_of_one(cast: SimpleNamespace) -> None:
    lena, url = signed_in(cast, "lena"), reverse("settings_map_new")
    names = {"en:": "Gifts", "zh:": "礼品", "severity:": "1", "active:": "on", "base_version": "1"}
    assert lena.post(url, {**names, "code": "logistics"}).status_code == 422
    assert lena.post(url, {**names, "code": "gifts"}).status_code == 302
    with in_workspace(cast.workspace.pk):
        assert current_map().nodes[-1]["code"] == "gifts"


def _typed(context: object) -> dict[str, object]:
    """What the form of a branch sends when nothing is touched."""
    shown = context  # a template context
    nodes = [shown["root"], *shown["leaves"]]  # type: ignore[index]
    typed: dict[str, object] = {"base_version": str(shown["base"])}  # type: ignore[index]
    typed["codes"] = [node["code"] for node in nodes]
    for node in nodes:
        for name in ("en", "zh", "belongs", "not", "severity"):
            typed[f"{name}:{node['code']}"] = str(node.get(name, ""))
        if node.get("active", True):
            typed[f"active:{node['code']}"] = "on"
    return typed
