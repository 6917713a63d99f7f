"""The scripts in a real browser, against a small desk served on the loopback."""

from __future__ import annotations

import json
import queue
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Page, expect, sync_playwright

import tradewind.web
from tradewind.web.parts.words import script_words

STATIC = Path(tradewind.web.__file__).parent / "static"
HTMX = Path(str(files("django_htmx"))) / "static/django_htmx/htmx-2.min.js"
CHROMIUM = shutil.which("chromium")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

ROW = """<li class="row is-unread" data-id="{n}" data-url="/thread/{n}" data-seen-url="/seen/{n}"
 data-live="conversation:{n}" hx-get="/row/{n}" hx-trigger="live" hx-swap="outerHTML"
 data-rank="2026-01-0{n}" tabindex="0">
 <span class="pick"><input type="checkbox"></span>
 <a class="row__link" href="/c/{n}" hx-get="/thread/{n}" hx-target="#thread" hx-swap="outerHTML">
 Row {n} {mark}</a></li>"""
THREAD = """<main id="thread" data-id="{n}" data-number="T-{n}"><div data-view="trans"></div>
 <button data-key="close">Close</button>
 <form data-composer data-draft-url="/draft/{n}" data-limit="10"><textarea data-text name="text">
</textarea><span data-count></span><span data-saved></span><button data-send>Send</button></form>
 </main>"""
PAGE = """<!doctype html><html lang="en"><head><title>Desk</title>
 <link rel="stylesheet" href="/static/tradewind/css/base.css">
 <link rel="stylesheet" href="/static/tradewind/css/shell.css">
 <link rel="stylesheet" href="/static/tradewind/css/context.css">
 <meta name="htmx-config" content='{{"includeIndicatorStyles":false,"allowEval":false}}'>
 <script src="/htmx.js" defer></script>
 <script type="module" src="/static/tradewind/js/desk.js"></script></head>
 <body data-events-url="/events" hx-headers='{{"X-CSRFToken":"t"}}'>
 <div class="banner" data-banner hidden><span></span></div>
 <div class="frame--inbox"><a data-go="claims" href="/c/claims">Claims</a>
 <span data-count-of="mine">1</span><ul id="list" data-key="mine" data-me="7">{rows}</ul>{thread}
 <aside class="context">Order</aside></div>
 <div data-toasts></div><tw-command data-search-url="/search"></tw-command>
 <script type="application/json" id="words">{words}</script></body></html>"""


class Desk(BaseHTTPRequestHandler):
    """A desk of three conversations; it remembers what was asked and what was sent."""

    asked: ClassVar[list[str]] = []
    sent: ClassVar[list[tuple[str, str]]] = []
    news: ClassVar[queue.Queue[str]] = queue.Queue()

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        """Answer with a page, a fragment, a static file or the stream."""
        path = self.path.partition("?")[0]
        Desk.asked.append(self.path)
        place, _, number = path.strip("/").partition("/")
        if place == "events":
            self._stream()
        elif place == "static":
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            self._answer((STATIC / number).read_text(), kind)
        elif place == "htmx.js":
            self._answer(HTMX.read_text(), "text/javascript")
        elif place == "search":
            self._answer(json.dumps([{"title": "Voss", "url": "/c/voss"}]), "application/json")
        elif place == "thread":
            self._answer(THREAD.format(n=number))
        elif place == "row":
            self._answer(ROW.format(n=number, mark="anew"))
        else:
            rows = "".join(ROW.format(n=n, mark="") for n in (1, 2, 3))
            words = json.dumps(script_words())
            thread = '<main id="thread"></main>'
            self._answer(PAGE.format(rows=rows, thread=thread, words=words))

    def do_POST(self) -> None:
        """Remember what came."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        Desk.sent.append((self.path, body))
        self._answer("{}", "application/json")

    def _answer(self, text: str, kind: str = "text/html") -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while (event := Desk.news.get()) != "stop":
            self.wfile.write(event.encode())
            self.wfile.flush()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    Desk.news.put("stop")
    server.shutdown()


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def desk(tab: Page, address: str) -> Iterator[Page]:
    faults: list[str] = []

    def note(message: object) -> None:
        faults.append(str(message))

    tab.on("pageerror", note)
    Desk.asked.clear()
    Desk.sent.clear()
    tab.goto(address)
    tab.evaluate("localStorage.clear()")
    tab.wait_for_function("customElements.get('tw-command') && window.htmx")
    yield tab
    tab.remove_listener("pageerror", note)
    # The stream is for one page at a time.
    Desk.news.put("stop")
    assert not faults


def say(number: int, data: object) -> None:
    Desk.news.put(f"id: {number}\ndata: {json.dumps(data)}\n\n")


def open_first(desk: Page) -> None:
    desk.keyboard.press("j")
    expect(desk.locator("#thread")).to_have_attribute("data-id", "1")


def test_j_opens_the_next_conversation_which_was_fetched_ahead(desk: Page) -> None:
    open_first(desk)
    expect(desk.locator("#list .is-open")).to_have_attribute("data-id", "1")
    desk.wait_for_timeout(150)
    assert Desk.asked.count("/thread/2") == 1
    desk.keyboard.press("j")
    expect(desk.locator("#thread")).to_have_attribute("data-id", "2")
    desk.wait_for_timeout(150)
    assert Desk.asked.count("/thread/2") == 1
    assert "/seen/2" in [path for path, _ in Desk.sent]


def test_letters_are_letters_while_someone_types(desk: Page) -> None:
    open_first(desk)
    desk.keyboard.press("r")
    desk.keyboard.type("jk?")
    expect(desk.locator("[data-text]")).to_have_value("jk?")
    assert desk.locator("#thread").get_attribute("data-id") == "1"
    assert desk.locator("dialog[open]").count() == 0


def test_keys_of_an_input_method_are_left_alone(desk: Page) -> None:
    desk.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'j', isComposing: true, bubbles: true}))"
    )
    desk.wait_for_timeout(100)
    assert desk.locator("#list .is-open").count() == 0


def test_the_draft_reaches_the_server_two_seconds_after_the_last_key(desk: Page) -> None:
    open_first(desk)
    desk.keyboard.press("r")
    desk.keyboard.type("Liebe Frau")
    assert not [path for path, _ in Desk.sent if path.startswith("/draft")]
    expect(desk.locator("[data-saved]")).to_have_text("Saved", timeout=4000)
    assert "Liebe Frau" in dict(Desk.sent)["/draft/1"]


def test_the_counter_turns_red_beyond_the_channels_limit(desk: Page) -> None:
    open_first(desk)
    desk.keyboard.press("r")
    desk.keyboard.type("12345678901")
    expect(desk.locator("[data-count]")).to_have_text("11 / 10")
    assert "is-over" in (desk.locator("[data-count]").get_attribute("class") or "")


def test_an_event_redraws_its_row_once(desk: Page) -> None:
    event = {"topics": ["conversation:2"], "counts": {"mine": 7}, "unread": 3}
    say(41, event)
    expect(desk.locator('.row[data-id="2"]')).to_contain_text("anew")
    expect(desk.locator('[data-count-of="mine"]')).to_have_text("7")
    assert desk.title() == "(3) Desk"
    say(41, event)
    desk.wait_for_timeout(400)
    assert Desk.asked.count("/row/2") == 1


def row_of(number: int, *, rank: str, assignee: int = 7) -> dict[str, object]:
    html = ROW.format(n=number, mark="told")
    return {"id": number, "rank": rank, "in": ["all"], "assignee": assignee, "html": html}


def test_a_row_goes_where_its_clock_puts_it_and_leaves_when_it_is_anothers(desk: Page) -> None:
    desk.keyboard.press("k")
    expect(desk.locator("#thread")).to_have_attribute("data-id", "3")
    told = [
        row_of(1, rank="2026-01-09"),
        row_of(2, rank="2026-01-02", assignee=8),
        row_of(3, rank="2026-01-01", assignee=8),
        row_of(4, rank="2026-01-05"),
        row_of(5, rank="2026-01-05", assignee=8),
    ]
    say(77, {"topics": ["list"], "rows": told})
    expect(desk.locator('.row[data-id="4"]')).to_be_visible()
    order = desk.evaluate("[...document.querySelectorAll('#list .row')].map(r => r.dataset.id)")
    assert order == ["3", "4", "1"]
    expect(desk.locator("#list .is-open")).to_have_attribute("data-id", "3")


def test_a_sequence_of_two_keys_goes_to_a_place(desk: Page) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("c")
    desk.wait_for_url("**/c/claims")
    assert desk.url.endswith("/c/claims")


def test_the_sheet_shows_every_key_and_binds_another(desk: Page) -> None:
    desk.keyboard.press("?")
    sheet = desk.locator("dialog.keysheet")
    assert sheet.locator(".keys button").count() == len(script_words()["keys"])  # type: ignore[arg-type]
    line = sheet.locator(".keys button", has_text="Next conversation")
    line.click()
    desk.keyboard.press("w")
    desk.keyboard.press("Escape")
    desk.keyboard.press("w")
    expect(desk.locator("#list .is-open")).to_have_attribute("data-id", "1")


def test_the_palette_finds_commands_and_conversations(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("sno")
    expect(desk.locator(".command [role=option]").first).to_contain_text("Snooze")
    expect(desk.locator(".command [role=option]").last).to_contain_text("Voss")
    desk.keyboard.press("Escape")
    assert desk.locator("dialog[open]").count() == 0


def test_where_there_is_no_room_the_context_is_a_drawer(desk: Page) -> None:
    desk.set_viewport_size({"width": 900, "height": 700})
    expect(desk.locator(".context")).to_be_hidden()
    desk.keyboard.press("]")
    expect(desk.locator(".context")).to_be_visible()
    desk.keyboard.press("]")
    expect(desk.locator(".context")).to_be_hidden()
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.keyboard.press("]")
    expect(desk.locator(".context")).to_be_hidden()
