"""Mails of many languages, charsets and faults are read; none of them stops the reader."""

# ruff: noqa: E501 - rows of mails and of other scripts stay on one line.

from __future__ import annotations

import base64
import os
import quopri
import time
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradewind.channels.contract import Account
from tradewind.channels.mail.event import dedupe_key, to_event
from tradewind.channels.mail.model import Limits
from tradewind.channels.mail.parse import parse_mail

WORDS = [
    ("gb2312", "gb18030", "您好，我的订单还没有收到，快递单号㐂是什么？"),
    ("gbk", "gbk", "包裹破损，请尽快退款，謝謝"),
    ("big5", "big5", "您好，請問我的包裹什麼時候會到？"),
    ("iso-2022-jp", "iso2022_jp", "お世話になっております。商品がまだ届きません。"),
    ("shift_jis", "cp932", "返品したいのですが、①どうすればいいですか"),
    ("euc-kr", "cp949", "안녕하세요, 주문한 상품이 아직 도착하지 않았어요. 똠방"),
    ("koi8-r", "koi8-r", "Здравствуйте, где мой заказ? Прошу вернуть деньги."),
    ("windows-1251", "cp1251", "Доброго дня, де моє замовлення?"),
    ("windows-1252", "cp1252", "Où est mon colis ? J’attends 25 € depuis l’été"),
    ("iso-8859-1", "cp1252", "Das Gerät “funktioniert” nicht – 30 € zurück"),
    ("iso-8859-2", "iso-8859-2", "Gdzie jest moja paczka? Proszę o zwrot pieniędzy, źle"),
    ("windows-1254", "cp1254", "Siparişim nerede? Ürün kırık çıktı, iade istiyorum"),
    ("windows-1253", "cp1253", "Πού είναι το δέμα μου; Θέλω επιστροφή χρημάτων"),
    ("windows-1255", "cp1255", "שלום, איפה החבילה שלי?"),
    ("windows-1256", "cp1256", "مرحبا، أين طلبي؟ أريد استرداد أموالي"),
    ("windows-1258", "cp1258", "Đơn hàng"),
    ("tis-620", "cp874", "สินค้ายังไม่ถึงเลยค่ะ"),
    ("utf-8", "utf-8", "मेरा ऑर्डर कहाँ है? 🙏 Đơn hàng của tôi đâu?"),
    ("utf-16", "utf-16", "Dov'è il mio pacco? È rotto"),
    ("gb18030", "gb18030", "退货𠀀地址在哪里"),
]


def raw_mail(body: bytes, *, charset: str, encoding: str = "8bit", subject: bytes = b"Hi") -> bytes:
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    return (
        b"From: a@example.com\nDate: Sat, 26 Sep 2026 10:00:00 +0000\nMessage-ID: <1@x>\nSubject: "
        + subject + b"\n" + head.encode() + b"\n" + body
    )  # fmt: skip


@pytest.mark.parametrize(("charset", "codec", "text"), WORDS, ids=[row[0] for row in WORDS])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_a_text_is_read_in_the_charset_it_names(charset, codec, text, encoding):
    body = text.encode(codec)
    body = {"8bit": bytes, "base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[
        encoding
    ](body)
    mail = parse_mail(raw_mail(body, charset=charset, encoding=encoding))
    assert mail.text.strip() == text
    assert mail.problems == []


@pytest.mark.parametrize(("charset", "codec", "text"), WORDS, ids=[row[0] for row in WORDS])
@pytest.mark.parametrize("kind", ["B", "Q"])
def test_a_subject_is_read_in_the_charset_of_its_words(charset, codec, text, kind):
    raw = text.encode(codec)
    if kind == "B":
        payload = base64.b64encode(raw).decode()
    else:
        payload = "".join(f"={byte:02X}" for byte in raw)
    mail = parse_mail(
        raw_mail(b"x", charset="utf-8", subject=f"=?{charset}?{kind}?{payload}?=".encode())
    )
    assert mail.subject == text


def test_a_character_cut_between_two_words_is_whole_again():
    raw = "退款申请".encode()
    one, two = (base64.b64encode(part).decode() for part in (raw[:4], raw[4:]))
    subject = f"=?utf-8?B?{one}?=\n =?utf-8?B?{two}?= ok".encode()
    assert parse_mail(raw_mail(b"x", charset="utf-8", subject=subject)).subject == "退款申请 ok"


def test_words_of_the_standard_library_are_read():
    subject = Header("Où est mon colis n° 302-8868176-2219830, s'il vous plaît ?", "utf-8").encode()
    read = parse_mail(raw_mail(b"x", charset="utf-8", subject=subject.encode())).subject
    assert read == "Où est mon colis n° 302-8868176-2219830, s'il vous plaît ?"


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("", "我的包裹还没有收到，请退款".encode("gb18030"), "我的包裹还没有收到，请退款"),
        ("", "Где мой заказ, прошу ответить".encode("cp1251"), "Где мой заказ, прошу ответить"),
        ("x-unknown", "Wo ist mein Gerät?".encode("cp1252"), "Wo ist mein Gerät?"),
        ("x-unknown", "包裹".encode(), "包裹"),
        ("us-ascii", "包裹".encode(), "包裹"),
        ("gb2312", "包裹 ok ok".encode(), "包裹 ok ok"),
        ("rot13", b"plain", "plain"),
        ("", b"\x1b$B$3$s\x1b(B", "こん"),
    ],
)
def test_a_missing_or_wrong_charset_is_guessed(charset, raw, text):
    assert parse_mail(raw_mail(raw, charset=charset or '""')).text == text


def test_names_addresses_ids_and_dates_come_out_of_the_headers():
    mail = parse_mail(
        b"From: =?utf-8?Q?M=C3=BCller=2C_Karl?= <Karl@Example.COM>\n"
        b'To: "Shop, Service" <service@tradewind.example>, help@tradewind.example (Helpers)\n'
        b"Cc: Team: a@x.de, b@x.de;\nReply-To: <reply@example.com>\n"
        b"In-Reply-To: Your message <m2@x> of Monday\nReferences: <m1@x>\n\t<m2@x>\n"
        b"Message-ID:\n <long@x>\nDate: Sat, 26 Sep 2026 12:00:00 +0200 (CEST)\n"
        b"Return-Path: <>\nX-Tradewind-Loop: 1\n\nHi"
    )
    assert (mail.sender.name, mail.sender.address) == ("Müller, Karl", "karl@example.com")
    assert [one.name for one in mail.to] == ["Shop, Service", "Helpers"]
    assert [one.address for one in mail.cc] == ["a@x.de", "b@x.de"]
    assert (mail.message_id, mail.in_reply_to) == ("long@x", "m2@x")
    assert mail.references == ["m1@x", "m2@x"]
    assert mail.date == datetime(2026, 9, 26, 10, 0, tzinfo=UTC)
    assert mail.return_path == ""
    assert mail.loop == "1"


@pytest.mark.parametrize(
    ("headers", "when"),
    [
        ("Date: 26 Sep 2026 10:00 GMT", datetime(2026, 9, 26, 10, tzinfo=UTC)),
        ("Date: 2026-09-26T10:00:00+02:00", datetime(2026, 9, 26, 8, tzinfo=UTC)),
        ("Date: nonsense\nReceived: by mx; Sat, 26 Sep 2026 10:00:00 +0000",
         datetime(2026, 9, 26, 10, tzinfo=UTC)),
        ("Date: Thu, 01 Jan 1970 00:00:00 +0000\nReceived: x; Sat, 26 Sep 2026 10:00:00 +0000",
         datetime(2026, 9, 26, 10, tzinfo=UTC)),
        ("Date: Sat, 26 Sep 99999 10:00:00 +0000", None),
    ],
)  # fmt: skip
def test_a_date_is_read_or_taken_from_the_last_hop(headers, when):
    assert parse_mail(f"From: a@b.de\n{headers}\n\nx".encode()).date == when


def test_parts_are_sorted_into_text_html_images_and_files():
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.com", "Files"
    message.set_content("Hello")
    message.add_alternative("<p>Hello <img src='cid:logo@x'></p>", subtype="html")
    html = message.get_payload()[1]
    html.add_related(b"\x89PNG", "image", "png", cid="<logo@x>", filename="logo.png")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="发票.pdf")
    inner = EmailMessage()
    inner["Subject"] = "Old order"
    inner.set_content("old words")
    message.add_attachment(inner)
    mail = parse_mail(message.as_bytes())

    assert mail.text.strip() == "Hello"
    assert "cid:logo@x" in mail.html
    assert [(one.name, one.inline, one.cid) for one in mail.attachments] == [
        ("logo.png", True, "logo@x"), ("发票.pdf", False, ""), ("Old order.eml", False, ""),
    ]  # fmt: skip
    assert b"old words" in mail.attachments[2].data
    assert "old words" not in mail.text


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="C:\\Users\\x\\invoice.pdf"', "invoice.pdf"),
        ('filename="..\\..\\evil.exe"', "evil.exe"),
        ('filename=".htaccess"', "htaccess"),
        ('filename="a\x00b.txt"', "ab.txt"),
        ('filename="photo\u202egpj.exe"', "photogpj.exe"),
        ('filename=""', "file-1.pdf"),
        ('filename="/"', "file-1.pdf"),
        ('filename="con.txt"', "file-1-con.txt"),
        ("filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf", "发票.pdf"),
        ("filename*0*=gb18030''%B7%A2; filename*1*=%C6%B1; filename*2=.pdf", "发票.pdf"),
        ('filename="=?gb2312?B?t6LGsS5wZGY=?="', "发票.pdf"),
        (f'filename="{"x" * 500}.pdf"', "x" * 110 + ".pdf"),
        ("filename=\"plain.pdf\"; filename*=utf-8''sch%C3%B6n.pdf", "schön.pdf"),
    ],
)
def test_a_file_name_is_never_a_path(header, name):
    raw = f"From: a@b.de\nContent-Type: application/pdf\nContent-Disposition: attachment; {header}\n\nx"
    (file,) = parse_mail(raw.encode()).attachments
    assert file.name == name


def multipart(*parts: bytes, boundary: bytes = b"zz", closed: bool = True) -> bytes:
    head = (
        b'From: a@b.de\nContent-Type: multipart/mixed; boundary="' + boundary + b'"\n\npreamble\n'
    )
    body = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    return head + body + (b"--" + boundary + b"--\n" if closed else b"")


def test_a_file_of_50_mb_is_refused_with_a_sentence_in_no_time():
    data = base64.encodebytes(os.urandom(50 * 1024 * 1024))
    raw = multipart(
        b"\nHello", b"Content-Type: application/zip; name=a.zip\n"
        b"Content-Transfer-Encoding: base64\n\n" + data,
    )  # fmt: skip
    start = time.process_time()
    mail = parse_mail(raw)
    assert time.process_time() - start < 2
    assert mail.text == "Hello"
    (file,) = mail.attachments
    assert (file.data, file.size > 45_000_000) == (b"", True)
    assert "25 MB" in file.refused


def test_files_under_the_limit_are_kept_whole():
    data = os.urandom(20 * 1024 * 1024)
    raw = multipart(b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
                    + base64.encodebytes(data))  # fmt: skip
    assert parse_mail(raw).attachments[0].data == data


@pytest.mark.parametrize(
    ("raw", "text", "problem"),
    [
        (multipart(b"\nHello", closed=False), "Hello", "no end"),
        (b"From: a@b.de\nContent-Type: multipart/mixed; boundary=q\n\nHello", "Hello", "boundary"),
        (b"From: a@b.de\nContent-Type: multipart/mixed\n\nHello", "Hello", "no boundary"),
        (b"Hello", "Hello", "no headers"),
        (b"From: a@b.de\nContent-Transfer-Encoding: base64\n\nSGVsbG8", "Hello", "no date"),
        (b"From: a@b.de\nContent-Transfer-Encoding: base64\n\nSGVs!bG8=\x00\xff", "Hello", ""),
        (b"From: a@b.de\n\nHe\x00ll\x00o", "Hello", ""),
        (b"\n\nFrom me@x Sat Sep 26 10:00:00 2026\nFrom: a@b.de\n\nHello", "Hello", ""),
        (multipart(b"\nHello", b"\n--zzz\nno part"), "Hello\n--zzz\nno part", ""),
        (b"", "", "no headers"),
    ],
)
def test_broken_mail_gives_what_can_be_read(raw, text, problem):
    mail = parse_mail(raw)
    assert mail.text.strip() == text
    assert any(problem in one for one in mail.problems)


def test_bombs_of_parts_and_depth_are_cut():
    many = parse_mail(multipart(*[b"\nx"] * 5000))
    assert any("first 200 were" in one or "beyond the first 200" in one for one in many.problems)
    deep = b"\nHello"
    for level in range(300):
        name = f"b{level}".encode()
        deep = (b"Content-Type: multipart/mixed; boundary=" + name + b"\n\n--" + name + b"\n"
                + deep + b"\n--" + name + b"--\n")  # fmt: skip
    assert any("deeper" in one for one in parse_mail(b"From: a@b.de\n" + deep).problems)


def test_a_line_of_200_kb_is_fine():
    line = "x" * 200_000
    assert parse_mail(f"From: a@b.de\nSubject: {line}\n\n{line}".encode()).text == line


def test_text_over_the_limit_is_cut_and_says_so():
    mail = parse_mail(b"From: a@b.de\n\n" + b"word " * 1000, limits=Limits(text_chars=100))
    assert len(mail.text) == 100
    assert any("cut" in one for one in mail.problems)


def test_soft_line_breaks_of_flowed_text_are_joined():
    body = b"This is one \nlong line.\n> quoted \n> more\n-- \nAnna"
    raw = b"From: a@b.de\nContent-Type: text/plain; format=flowed\n\n" + body
    assert parse_mail(raw).text == "This is one long line.\n> quoted \n> more\n-- \nAnna"


RICH = [
    b"From: a@b.de\nContent-Type: multipart/mixed; boundary=zz\n\n--zz\n\nHi\n--zz--",
    b'Subject: =?utf-8?B?////?= =?x?Q?=ZZ?=\nFrom: <<>>,;:"\nDate: Sat, 99 Foo\n\n\xff\xfe',
    b"Content-Type: message/rfc822\nContent-Disposition: attachment; filename*1*=x''%\n\n\n",
    b"Content-Type: text/html; charset=utf-7\nContent-Transfer-Encoding: base64\n\n+AGE-",
]


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=2000) | st.builds(
    lambda rich, at, noise: rich[:at] + noise + rich[at:],
    st.sampled_from(RICH), st.integers(0, 80), st.binary(max_size=20),
))  # fmt: skip
@example(raw=b"Content-Type: multipart/mixed; boundary=\n\n--\n--\n----")
@example(raw=b"Content-Type: multipart/mixed; boundary=zz\n\n--zz\r--zz\n\n--zz\n")
@example(raw=b"Content-Type: multipart/mixed; boundary=zz\n\n--zz\n--zz\n\r\n--zz\n\n--zz")
@example(raw=b"Date: Mon, 1 Jan 0000 00:00:00 -9999\nFrom: \xff\n\n")
@example(raw="Content-Type: text/plain; charset=idna\n\n\u00e4".encode())
@example(raw=b"Content-Type: text/plain; charset=utf-16\n\na")
def test_no_bytes_stop_the_reader(raw):
    mail = parse_mail(raw)
    event = to_event(mail, account=Account(id="a", platform="email"))
    "".join([mail.subject, mail.text, mail.html, event.fields["text"]]).encode()
    assert "\x00" not in mail.text + mail.subject
    assert dedupe_key(raw) == dedupe_key(raw)
