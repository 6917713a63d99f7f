"""What the buyer wrote is kept, history and signature are set apart, in any language."""

# ruff: noqa: E501 - rows of mails and of other scripts stay on one line.

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tradewind.channels.mail.html import html_to_text
from tradewind.channels.mail.parse import parse_mail
from tradewind.channels.mail.strip import strip

HEADS = [
    "On Mon, 25 Sep 2026 at 10:00, Tradewind <service@tradewind.example> wrote:",
    "On Mon, 25 Sep 2026 at 10:00, Tradewind Service Team Berlin\n<service@tradewind.example> wrote:",
    "Am Fr., 25. Sept. 2026 um 10:00 Uhr schrieb Tradewind <service@tradewind.example>:",
    "Le ven. 25 sept. 2026 à 10:00, Tradewind <service@tradewind.example> a écrit :",
    "Le 25/09/2026 à 10:00, Tradewind a écrit\u00a0:",
    "El vie, 25 sept 2026 a las 10:00, Tradewind (<service@tradewind.example>) escribió:",
    "Em sex., 25 de set. de 2026 às 10:00, Tradewind <service@tradewind.example> escreveu:",
    "Il giorno ven 25 set 2026 alle ore 10:00 Tradewind <service@tradewind.example> ha scritto:",
    "Op vr 25 sep 2026 om 10:00 schreef Tradewind <service@tradewind.example>:",
    "Den fre 25 sep. 2026 kl 10:00 skrev Tradewind <service@tradewind.example>:",
    "pt., 25 wrz 2026 o 10:00 Tradewind <service@tradewind.example> napisał(a):",
    "pá 25. 9. 2026 v 10:00 odesílatel Tradewind <service@tradewind.example> napsal:",
    "Tradewind <service@tradewind.example> ezt írta (időpont: 2026. szept. 25., P, 10:00):",
    "пт, 25 сент. 2026 г. в 10:00, Tradewind <service@tradewind.example>:",
    '25.09.2026, 10:00, "Tradewind" <service@tradewind.example>:',
    "25 сентября 2026 г. Tradewind написал(а):",
    "Στις Παρ 25 Σεπ 2026 στις 10:00, ο χρήστης Tradewind <s@tradewind.example> έγραψε:",
    "Tradewind <service@tradewind.example>, 25 Eyl 2026 Cum, 10:00 tarihinde şunu yazdı:",
    "في الجمعة، 25 سبتمبر 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Tradewind <s@tradewind.example>:",
    "\u202bבתאריך יום ו׳, 25 בספט׳ 2026 ב-10:00 מאת Tradewind <\u202aservice@tradewind.example\u202c>:\u202c",
    "เมื่อ ศ. 25 ก.ย. 2026 เวลา 10:00 Tradewind <service@tradewind.example> เขียนว่า:",
    "Vào Th 6, 25 thg 9, 2026 vào lúc 10:00 Tradewind <s@tradewind.example> đã viết:",
    "Pada tanggal Jum, 25 Sep 2026 pukul 10.00 Tradewind <s@tradewind.example> menulis:",
    "Tradewind <service@tradewind.example> 于2026年9月25日周五 10:00写道：",
    "在 2026年9月25日，上午10:00，Tradewind <service@tradewind.example> 写道：",
    '在2026-09-25 10:00:00，"Tradewind" <service@tradewind.example> 写道：',
    "Tradewind <service@tradewind.example> 於 2026年9月25日 週五 上午10:00寫道：",
    "2026年9月25日(金) 10:00 Tradewind <service@tradewind.example>:",
    "2026/09/25 10:00、Tradewind <service@tradewind.example>のメール:",
    "2026년 9월 25일 (금) 오전 10:00, Tradewind <service@tradewind.example>님이 작성:",
    "-----Original Message-----\nFrom: Tradewind\nSent: Friday",
    "-----Ursprüngliche Nachricht-----\nVon: Tradewind",
    "________________________________\nVon: Tradewind <s@tradewind.example>\nGesendet: Freitag",
    "________________________________\nDe : Tradewind <s@t.example>\nEnvoyé : vendredi\nÀ : Anna",
    "From: Tradewind <s@t.example>\nSent: Friday, September 25, 2026 10:00\nTo: Anna\nSubject: Hi",
    "*Von:* Tradewind\n*Gesendet:* Freitag, 25. September 2026\n*An:* Anna\n*Betreff:* Paket",
    "De: Tradewind\nEnviado el: viernes\nPara: Anna\nAsunto: Paquete",
    "От: Tradewind\nОтправлено: 25 сентября\nКому: Anna\nТема: Посылка",
    "发件人：Tradewind\n发送时间：2026年9月25日 10:00\n收件人：Anna\n主题：包裹",
    '------------------ 原始邮件 ------------------\n发件人: "Tradewind" <s@t.example>;',
    "------------------&nbsp;原始邮件&nbsp;------------------".replace("&nbsp;", "\u00a0"),
    "---- 回复的原邮件 ----\n| 发件人 | Tradewind |",
    "差出人: Tradewind\n送信日時: 2026年9月25日 10:00\n宛先: Anna\n件名: 荷物",
    "보낸 사람: Tradewind\n보낸 날짜: 2026년 9월 25일\n받는 사람: Anna\n제목: 소포",
    "-------- Исходное сообщение --------",
    "##- Please type your reply above this line -##",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("marked", [True, False], ids=["with >", "bare"])
def test_the_history_below_a_head_is_set_apart(head, marked):
    history = "Dear Anna,\n\nyour parcel is on its way.\n\nTradewind"
    quoted = "\n".join(f"> {line}" for line in history.split("\n")) if marked else history
    new = "Ich warte seit 3 Wochen auf 1 Paket!\n\nAnna"
    stripped = strip(f"{new}\n\n{head}\n\n{quoted}\n")
    assert stripped.text == new
    assert "on its way" in stripped.quoted


def test_answers_between_quoted_lines_are_kept():
    text = "On 25 Sep 2026 Bob wrote:\n> Is it broken?\nYes.\n> Which part?\nThe lid.\n"
    assert strip(text).text == "Yes.\nThe lid."


def test_two_quote_levels_leave_with_one_head():
    text = "Thanks\n\nOn 2 May Bob wrote:\n> Fine\n>\n> On 1 May Ann wrote:\n>> Hello\n"
    assert strip(text).text == "Thanks"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote:\nwhere is it?",
        "From: Berlin\nit went to Munich.",
        "To: whom it may concern\nI want my money back.",
        "My address:\nAnna, Road 1, 10115 Berlin\nmy mail: anna@example.com",
        "Only one mark:\n> 3 weeks late",
        "The order 302-8868176-2219830 was placed on 3 May and never came:",
        "I wrote to you at 10:00 from anna@example.com and heard nothing.",
        "-----\nI am angry\n-----",
        "Date: today\nI wait.",
    ],
)
def test_a_buyers_own_words_are_never_taken_for_history(text):
    assert strip(text).text == text


SIGNATURES = [
    "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone",
    "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone", "Skickat från min iPhone", "Отправлено с iPhone",
    "Wysłane z iPhone'a", "发自我的iPhone", "發自我的 iPhone", "從我的 iPhone 傳送", "iPhoneから送信",
    "나의 iPhone에서 보냄", "iPhone'umdan gönderildi", "Được gửi từ iPhone của tôi",
    "ส่งจาก iPhone ของฉัน", "Dikirim dari iPhone saya", "أُرسلت من الـ iPhone",
    "Get Outlook for Android<https://aka.ms/x>", "Gesendet mit der Outlook-App", "--\nAnna\nTel. 1",
    "Sent from Yahoo Mail on Android", "Отправлено из мобильной Почты Mail.ru",
]  # fmt: skip


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_set_apart(signature):
    stripped = strip(f"Where is it?\n\n{signature}\n\nOn 1 May 2026 Bob wrote:\n> a\n> b\n")
    assert (stripped.text, stripped.signature) == ("Where is it?", signature)


@pytest.mark.parametrize(
    "line",
    ["It was sent from China and my phone is broken, I want my money back now please ok",
     "The iPhone case you sent from Hamburg is broken", "My Samsung phone does not charge"],
)  # fmt: skip
def test_a_complaint_about_a_phone_is_no_signature(line):
    assert strip(f"Hello\n{line}").text == f"Hello\n{line}"


def test_a_relays_frame_is_taken_off():
    text = (
        "Order 302-8868176-2219830:\n1x Charger\n\n------------- Message begins here -------------\n\n"
        "It smells.\n\n------------- Message ends here -------------\n\nTips for sellers"
    )
    stripped = strip(text)
    assert stripped.text == "It smells."
    assert "Tips for sellers" in stripped.quoted


def test_a_mail_that_is_only_forwarded_keeps_its_words():
    text = "---------- Forwarded message ---------\nFrom: Bob\nSubject: Broken\n\nThe lid broke."
    assert "The lid broke." in strip(text).text


def test_a_reply_without_new_words_has_none():
    assert strip("On 1 May 2026 Bob wrote:\n> Is it broken?\n> Tell us.").text == ""


HTML = [
    '<div>Wo ist es?</div><br><div class="gmail_quote"><div class="gmail_attr">Na 1. {}</div>'
    '<blockquote class="gmail_quote">OLD</blockquote></div>',
    "<div>Wo ist es?</div><blockquote type='cite'>OLD <blockquote>OLDER</blockquote></blockquote>",
    '<p>Wo ist es?</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>X</b></div>OLD',
    '<p>Wo ist es?</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm'
    ' 0cm"><p>Z domu</p></div><p>OLD</p>',
    "<div>Wo ist es?</div><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div>OLD",
    '<p>Wo ist es?</p><div class="moz-cite-prefix">Am 1.5. x</div><blockquote cite="mid:1">OLD',
    '<div>Wo ist es?</div><div id="yahoo_quoted_1" class="yahoo_quoted">OLD</div>',
]


@pytest.mark.parametrize("html", HTML)
def test_quotes_of_html_mail_are_set_apart(html):
    stripped = strip(html_to_text(html, marks=True))
    assert stripped.text == "Wo ist es?"
    assert "OLD" in stripped.quoted


def test_an_answer_below_an_html_quote_is_kept():
    html = "<blockquote type=cite>OLD</blockquote><p>Yes, broken.</p>"
    assert strip(html_to_text(html, marks=True)).text == "Yes, broken."


@pytest.mark.parametrize(
    "text",
    ["On " * 100_000, ">\n" * 100_000, "1 a@b 10:00:\n" * 30_000, "From: x\n" * 50_000,
     "x" * 200_000 + ":", "-" * 200_000, " " * 200_000 + "x", "On 1 May " + "x " * 90_000 + "wrote:",
     "1 x:\n" * 40_000, "\u00a0" * 100_000, ("a@b.de " * 60 + ":\n") * 200],
)  # fmt: skip
def test_no_text_takes_long(text):
    start = time.process_time()
    strip(text)
    assert time.process_time() - start < 3


def replies() -> list[dict[str, str]]:
    folder = Path(os.environ.get("TRADEWIND_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
    path = folder / "email_replies" / "train.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.skipif(
    not replies(), reason="The data set email_replies lies not beside the checkout."
)
def test_a_public_set_of_replies_is_cut_as_its_labels_say():
    wrong = [row["case"] for row in replies() if not is_cut_right(row)]
    assert wrong == []


def is_cut_right(row: dict[str, str]) -> bool:
    if row["kind"] == "html":
        text = html_to_text(row["text"], marks=True)
    else:
        text = parse_mail(row["text"].encode()).text
    stripped = strip(text)
    # Some labels keep the signature.
    forms = {"".join(stripped.text.split()), "".join((stripped.text + stripped.signature).split())}
    return "".join(row["label"].split()) in forms
