"""HTML of strangers can be put on a page: nothing runs, loads, escapes or deceives."""

# ruff: noqa: E501 - rows of mails and of other scripts stay on one line.

from __future__ import annotations

import time

import pytest

from tradewind.channels.mail.html import html_to_text, safe_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data='https://evil.example/x.swf'></object>",
    "<embed src='https://evil.example/x.swf'>",
    "<form action='https://evil.example'><input name=password><button>ok</button></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9'>x</div>",
    "<div style='background:url(https://evil.example/t.png)'>x</div>",
    "<div style='background-color:red;background-image:url(https://evil.example)'>x</div>",
    '<p style="color:expression(alert(1))">x</p>',
    "<video src='https://evil.example/x.mp4' autoplay></video>",
    "<img srcset='https://evil.example/x.png 2x'>",
    "<table background='https://evil.example/x.png'><tr><td>x</td></tr></table>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<p id=app class=tw-admin>x</p>",
    "<a href='/settings/delete'>x</a>",
    "<a href='//evil.example' target=_self>x</a>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    '<img alt="x><script>alert(1)</script>" src="https://e.example/x.png" width="10">',
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_dangerous_is_left(html):
    safe = safe_html(f"<p>Hello</p>{html}").html.lower()
    assert "hello" in safe
    words = ("<script", "<svg", " onerror=", " onload", "script:", "data:text", "<iframe", "<form",
             "<input", "<style", "<link", "<meta", "<base", "position", "url(", "expression", "<video",
             "srcset", "background=", " id=", " class=", 'href="/', ' src="')  # fmt: skip
    outside_attributes = safe.replace("&lt;script", "")
    assert [word for word in words if word in outside_attributes] == []


def test_remote_images_wait_for_permission_and_are_counted():
    safe = safe_html('<img src="https://a.example/1.png" alt="one"><img src="//b.example/2.png">')
    assert safe.blocked_images == 2
    assert 'data-src="https://a.example/1.png"' in safe.html
    assert 'data-src="https://b.example/2.png"' in safe.html
    assert 'alt="one"' in safe.html


def test_images_of_the_mail_itself_are_named_by_their_cid():
    safe = safe_html('<img src="cid:logo@x" width="80">')
    assert (safe.html, safe.blocked_images) == ('<img width="80" data-cid="logo@x">', 0)


def test_tracking_pixels_are_not_even_offered():
    assert safe_html('<img src="https://t.example/p" width="1" height="1">').html == ""


def test_links_open_outside_and_tell_nothing():
    safe = safe_html(
        '<a href="https://ok.example/?a=1&b=2">ok</a> <a href="mailto:a@b.de">m</a>'
    ).html
    assert 'href="https://ok.example/?a=1&amp;b=2"' in safe
    assert safe.count('rel="noopener noreferrer nofollow"') == 2
    assert safe.count('target="_blank"') == 2


def test_the_look_of_an_honest_mail_stays():
    html = '<table width="600"><tr><td colspan="2" style="color:red"><b>Hi</b></td></tr></table>'
    safe = safe_html(html).html
    assert all(word in safe for word in ('width="600"', 'colspan="2"', "color:red", "<b>Hi</b>"))


def test_text_of_html_has_its_lines_and_nothing_hidden():
    html = (
        "<style>p{color:red}</style><title>T</title><p>Hello&nbsp;Anna,</p><p>line<br>two</p>"
        "<ul><li>one</li></ul><script>x()</script><!-- no -->"
        '<div style="display:none">preheader</div>'
    )
    text = html_to_text(html)
    assert text.replace("\u00a0", " ").split("\n")[0] == "Hello Anna,"
    assert "line\ntwo" in text
    assert not any(word in text for word in ("color", "x()", "no -->", "preheader", "\ue0f0"))


@pytest.mark.parametrize(
    "html",
    ["<div>" * 100_000 + "x", "<blockquote>" * 5_000 + "x", "<a " * 100_000, "<!--" * 200_000,
     "<table><tr><td>" * 3_000 + "x", "<" * 500_000, "<style>" * 50_000, "<div class=" * 50_000,
     "x" * 2_000_000, "&amp;" * 300_000, "<p>x" * 60_000, "<b>" * 1_900 + "x", "\x00<p>x",
     "<font><i>" * 900 + "x"],
)  # fmt: skip
def test_no_html_takes_long(html):
    start = time.process_time()
    safe, text = safe_html(html), html_to_text(html, marks=True)
    assert time.process_time() - start < 3
    assert "x" not in html or "x" in safe.html + text
