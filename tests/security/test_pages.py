"""What a browser is given: nothing of a stranger runs, nothing may be framed or forged."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.security.addresses import PUBLIC, places
from tests.security.bodies import BODIES
from tests.security.world import MARK, SECRET, signed_in

# Opens a tag or leaves an attribute: what is left of a mark that was not escaped.
UNESCAPED = re.compile(rf"""<(?:script|img|b)\b[^>]*{MARK}|{MARK}-[a-z]+'"|<script>{MARK}""")
SCREENS = [place for place in places() if not place.is_api]
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def pages_of(world: SimpleNamespace) -> list[tuple[str, Any]]:
    """Every screen as Alice sees it, whole and as a fragment, in both languages."""
    Authenticator.objects.all().delete()  # a made-up key opens no page
    alice, found = signed_in(world, "alice"), []
    tabs = [{"tab": tab} for tab in ("order", "buyer", "activity")]
    for place in SCREENS:
        for more in tabs if "tab" in place.parts else [{}]:
            url = place.url(world.ids | more)
            if place.name == "account_logout":
                continue
            found += [(url, alice.get(url)), (url, alice.get(url, **FRAGMENT))]
    asked = ("/?view=all", "/inbox/find?q=zqx", "/buyers/?q=zqx", "/?q=%22%3E%3Cscript%3Ezqx(3)")
    return [*found, *((url, alice.get(url)) for url in asked)]


def test_no_field_of_any_page_leaves_its_place(world: SimpleNamespace) -> None:
    shown = set()
    for url, answer in pages_of(world):
        body = answer.content.decode("utf-8", "replace")
        assert SECRET not in body, f"{url} shows a kept secret"
        if answer["Content-Type"].startswith("text/html"):
            left = UNESCAPED.search(body.replace(f"<p>{MARK}-html</p>", ""))
            is_mail = url.endswith("/mail")
            assert not left or is_mail, f"{url}: {body[left.start() - 80 : left.end() + 40]}"
        shown |= set(re.findall(rf"{MARK}-?([a-z]+)", body))
    wanted = {
        "subject", "text", "quoted", "buyer", "note", "draft", "answer", "failure", "file",
        "draftfile", "channel", "store", "team", "token", "person", "problem", "number", "item",
        "event", "delivery", "view",
    }  # fmt: skip
    assert wanted <= shown, f"never shown, so never proven: {wanted - shown}"


def test_every_page_has_strict_headers(world: SimpleNamespace) -> None:
    for url, answer in pages_of(world):
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, url
        assert "unsafe-eval" not in policy, url
        assert "'unsafe-inline'" not in re.sub(r"style-src [^;]*", "", policy), url
        if not url.endswith("/mail"):
            assert "unsafe-inline" not in policy, url
            assert "frame-ancestors 'none'" in policy, url
            assert answer["X-Frame-Options"] == "DENY", url
        assert answer["X-Content-Type-Options"] == "nosniff", url
        assert answer["Referrer-Policy"] == "same-origin", url


def test_scripts_in_pages_carry_the_nonce_of_their_answer(world: SimpleNamespace) -> None:
    for url, answer in pages_of(world):
        body = answer.content.decode("utf-8", "replace")
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for tag in re.findall(r"<script\b([^>]*)>", body):
            is_data = 'type="application/json"' in tag
            assert "src=" in tag or "nonce=" in tag or is_data, f"{url}: <script{tag}>"
        assert not re.search(r"<[a-z][^<>]*\son[a-z]+\s*=\s*[\"']", body), f"{url}: an on… handler"
        assert not re.search(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:", body), url


def test_the_mail_frame_runs_nothing_and_navigates_nothing(world: SimpleNamespace) -> None:
    answer = signed_in(world, "alice").get(f"/messages/{world.ids['message_id']}/mail?images=1")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    # Opened in a tab of its own it is shut in as in its frame.
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "<script" not in answer.content.decode()


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "image/png"]
)
def test_a_file_is_saved_and_never_run(world: SimpleNamespace, mime: str) -> None:
    from tradewind.identity.scope import in_workspace
    from tradewind.inbox.models import Attachment

    with in_workspace(world.workspace.pk):
        Attachment.objects.filter(pk=world.ids["attachment_id"]).update(
            mime=mime, name='..\\../etc/x"\r\nSet-Cookie: a=b;.html'
        )
    answer = signed_in(world, "alice").get(f"/files/{world.ids['attachment_id']}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "\r" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", [
    "../../../etc/passwd", "..\\..\\boot.ini", "/abs", "a\x00b.txt", "\u202egnp.exe", ".", "\n",
])  # fmt: skip
def test_the_name_of_a_file_never_becomes_a_path(in_alices: SimpleNamespace, name: str) -> None:
    from django.conf import settings

    from tests.journey_helpers import api_item, arrive
    from tradewind.channels.models import Channel
    from tradewind.inbox import attachments
    from tradewind.inbox.models import Conversation

    arrive(Channel.objects.create(key="c", platform="api", name="A", state="live"), api_item("1"))
    row = attachments.attach(
        in_alices.alice, Conversation.objects.get(), name=name, mime="x/y", data=b"data"
    )
    path = (settings.HOME / "files" / row.storage_key).resolve()
    assert path.is_relative_to((settings.HOME / "files").resolve())
    assert path.read_bytes() == b"data"
    assert re.fullmatch(r"\d+/[0-9a-f]{2}/[0-9a-f]{64}", row.storage_key)
    assert not set(row.name) & set("/\\\x00\n\u202e")


def test_every_post_wants_the_token_against_forgery(world: SimpleNamespace) -> None:
    alice = signed_in(world, "alice", enforce_csrf_checks=True)
    for place in SCREENS:
        body = BODIES.get(place.name, lambda _: {})(world.ids)
        if place.name == "api/v1/^(?P<rest>.*)$":
            continue
        answer = alice.post(place.url(world.ids), body)
        assert answer.status_code in (403, 405), f"{place.name}: {answer.status_code}"
        if answer.status_code == 405:
            assert "POST" not in answer["Allow"], place.name


def test_cookies_are_kept_from_scripts_and_other_sites(
    cast: SimpleNamespace, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get("/account/login/")
    answer = client.post(
        "/account/login/", {"login": "alice@example.com", "password": "correct horse battery"}
    )
    assert answer.status_code == 302
    session = answer.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["secure"]


def test_an_https_address_makes_cookies_secure() -> None:
    from django.conf import settings

    assert settings.PUBLIC_URL.startswith("https://") == settings.SESSION_COOKIE_SECURE
    assert settings.SESSION_COOKIE_SECURE == settings.CSRF_COOKIE_SECURE


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
    "https:evil.example", "http://testserver@evil.example/", "\thttps://evil.example",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nobody_is_sent_elsewhere(world: SimpleNamespace, url: str) -> None:
    signing = Client().post(
        f"/account/login/?next={url}",
        {"login": "alice@example.com", "password": "correct horse battery", "next": url},
    )
    alice = signed_in(world, "alice")
    answers = [
        signing,
        alice.post("/settings/workspace/", {"workspace": world.workspace.pk, "next": url}),
        alice.post("/i18n/setlang/", {"language": "en", "next": url}),
        alice.get(f"/account/login/?next={url}"),
        alice.post("/account/logout/", {"next": url}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303), answer.status_code
        assert answer["Location"].startswith("/"), answer["Location"]
        assert not re.match(r"/[/\\]", answer["Location"])


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "x@testserver"])
def test_a_foreign_host_is_refused_without_an_echo(cast: SimpleNamespace, host: str) -> None:
    for url in ("/account/login/", "/api/v1/docs", "/"):
        answer = Client(raise_request_exception=False).get(url, HTTP_HOST=host)
        assert answer.status_code == 400
        assert host.encode() not in answer.content


def test_an_error_tells_nothing_of_our_inside(world: SimpleNamespace, monkeypatch: Any) -> None:
    from tradewind.inbox import queries

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("inside-4711 SELECT secret")

    monkeypatch.setattr(queries, "get_conversation", broken)
    client = signed_in(world, "alice", raise_request_exception=False)
    answer = client.get(f"/c/{world.ids['conversation_id']}")
    assert answer.status_code == 500
    for inside in (b"inside-4711", b"Traceback", b"RuntimeError", b".py", b"SELECT"):
        assert inside not in answer.content


@pytest.mark.parametrize("url", [
    "/c/99999999999999999999999", "/files/0", "/?cursor=%00", "/inbox/rows?cursor=%FF%FE",
    "/inbox/find?q=%00", "/buyers/?q=%00", "/?q=%00", "/?page=99999999999999999999",
    "/settings/audit/?before=%00", "/settings/audit/?person=99999999999999999999",
    "/?store=99999999999999999999&team=x&c=%00", "/settings/map/versions/9999999999/",
    "/buyers/99999999999999999999", "/inbox/rows?store=%00&language=%00&view=%00",
])  # fmt: skip
def test_an_odd_address_is_no_error_of_ours(world: SimpleNamespace, url: str) -> None:
    answer = signed_in(world, "alice", raise_request_exception=False).get(url)
    assert answer.status_code < 500, answer.content[:200]


def test_a_nul_or_number_too_large_in_a_form_is_no_error_of_ours(world: SimpleNamespace) -> None:
    client = signed_in(world, "alice", raise_request_exception=False)
    for name, body in BODIES.items():
        place = next(place for place in SCREENS if place.name == name)
        for odd in ("\x00", "9" * 30, "\ud800".encode("utf-8", "replace").decode()):
            spoilt = dict.fromkeys(body(world.ids), odd)
            answer = client.post(place.url(world.ids), spoilt)
            assert answer.status_code < 500, f"{name} with {odd!r}: {answer.status_code}"


def test_public_pages_are_as_strict(db: None) -> None:
    for place in (place for place in places() if place.name in PUBLIC):
        answer = Client().get(place.url({}))
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert "default-src 'none'" in answer["Content-Security-Policy"], place.name
            assert "unsafe" not in answer["Content-Security-Policy"], place.name
