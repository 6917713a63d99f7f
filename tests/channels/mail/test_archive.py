"""Archives are read one mail at a time, can be gone on with, and say what they are not."""

from __future__ import annotations

import mailbox as standard
import tracemalloc
from pathlib import Path

import pytest

from tradewind.channels.mail.archive import count_mails, iter_archive
from tradewind.channels.mail.errors import ArchiveUnreadable
from tradewind.channels.mail.parse import parse_mail


def a_mail(number: int, body: str = "Hello") -> bytes:
    return f"From: a@example.com\nSubject: {number}\nMessage-ID: <{number}@x>\n\n{body}\n".encode()


def write_mbox(path: Path, *mails: bytes) -> Path:
    box = standard.mbox(str(path))
    for mail in mails:
        box.add(standard.mboxMessage(mail))
    box.close()
    return path


def keys(path: Path, after: str = "") -> list[str]:
    return [item.key for item in iter_archive(path, after=after)]


def test_an_mbox_gives_each_mail_once(tmp_path):
    path = write_mbox(tmp_path / "all.mbox", *(a_mail(n) for n in range(5)))
    assert keys(path) == [f"mid:{n}@x" for n in range(5)]


def test_every_position_goes_on_behind_its_mail(tmp_path):
    path = write_mbox(tmp_path / "all.mbox", *(a_mail(n) for n in range(5)))
    whole = list(iter_archive(path))
    for number, item in enumerate(whole):
        assert keys(path, after=item.position) == [one.key for one in whole[number + 1 :]]


def test_a_line_that_looks_like_a_separator_stays_in_its_mail(tmp_path):
    body = "Hi\n\nFrom Monday on 2026 I wait\n>From here too\nFrom b@x Sat Sep 26 2026"
    path = write_mbox(tmp_path / "all.mbox", a_mail(1, body), a_mail(2))
    first, _ = iter_archive(path)
    assert "From Monday on 2026 I wait" in parse_mail(first.raw).text


def test_an_mbox_with_windows_line_ends_is_the_same(tmp_path):
    path = write_mbox(tmp_path / "a.mbox", a_mail(1), a_mail(2))
    other = tmp_path / "b.mbox"
    other.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert keys(other) == keys(path)


def test_a_large_mbox_needs_no_memory(tmp_path):
    path = tmp_path / "large.mbox"
    one = b"From a@x Sat Sep 26 10:00:00 2026\n" + a_mail(1, "x" * 70 + "\n") * 1 + b"y" * 99_000
    with path.open("wb") as file:
        for _ in range(400):
            file.write(one + b"\n\n")
    tracemalloc.start()
    count = sum(1 for _ in iter_archive(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 400
    assert path.stat().st_size > 35_000_000
    assert peak < 4_000_000


def test_a_maildir_gives_new_and_read_mail_of_all_folders(tmp_path):
    box = standard.Maildir(str(tmp_path / "box"))
    box.add(a_mail(1))
    seen = standard.MaildirMessage(a_mail(2))
    seen.set_subdir("cur")
    box.add(seen)
    box.add_folder("Returns").add(a_mail(3))
    (tmp_path / "box" / "dovecot-uidlist").write_text("3 V1")
    assert sorted(keys(tmp_path / "box")) == ["mid:1@x", "mid:2@x", "mid:3@x"]
    assert count_mails(tmp_path / "box") == 3


def test_a_folder_of_eml_goes_on_by_name(tmp_path):
    (tmp_path / "2026").mkdir()
    for name in ("a.eml", "b.EML", "2026/c.eml"):
        (tmp_path / name).write_bytes(a_mail(len(name)))
    (tmp_path / "notes.txt").write_text("no mail")
    positions = [item.position for item in iter_archive(tmp_path)]
    assert positions == ["2026/c.eml", "a.eml", "b.EML"]
    assert [item.position for item in iter_archive(tmp_path, after="a.eml")] == ["b.EML"]


def test_one_eml_is_one_mail(tmp_path):
    path = tmp_path / "one.eml"
    path.write_bytes(a_mail(7))
    (item,) = iter_archive(path)
    assert list(iter_archive(path, after=item.position)) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"PK\x03\x04zip", "ZIP"), (b"\x1f\x8bgz", "gzip"), (b"", "empty"), (b'{"a": 1}', "neither")],
)
def test_what_is_no_archive_is_named(tmp_path, content, word):
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(ArchiveUnreadable, match=word):
        list(iter_archive(path))


def test_a_missing_path_an_empty_folder_and_a_changed_file_are_named(tmp_path):
    with pytest.raises(ArchiveUnreadable, match="nothing at"):
        list(iter_archive(tmp_path / "no"))
    with pytest.raises(ArchiveUnreadable, match="no mail"):
        list(iter_archive(tmp_path))
    path = write_mbox(tmp_path / "a.mbox", a_mail(1))
    with pytest.raises(ArchiveUnreadable, match="changed"):
        list(iter_archive(path, after="999999"))
