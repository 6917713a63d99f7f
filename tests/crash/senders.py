"""Platforms and programs that send until they are acknowledged, always with the same ids."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import httpx
import orjson

from tests.channels.mail.dovecot import Dovecot
from tradewind.project.bench.texts import texts

ANSWER_SECONDS = 8.0
GIVE_UP_SECONDS = 150.0
# Deliveries that a platform repeats although it was answered: it did not hear us.
REPEATED = 0.05


@dataclass(slots=True)
class Acknowledged:
    """What was answered with success, by channel; and what the senders went through."""

    ids: dict[str, set[str]] = field(default_factory=lambda: {"hook": set(), "api": set()})
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int) -> None:
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.broken += status == 0

    def add(self, channel: str, ids: Sequence[str]) -> None:
        with self.lock:
            self.ids[channel].update(ids)

    def total(self) -> int:
        with self.lock:
            return sum(map(len, self.ids.values()))


@dataclass(frozen=True, slots=True)
class Post:
    """One request, and the messages that its answer acknowledges."""

    path: str
    body: bytes
    headers: dict[str, str]
    channel: str
    ids: tuple[str, ...]


def hook_posts(key: str, secret: str, count: int) -> list[Post]:
    """Telegram's updates: many chats, a few messages in each."""
    posts = []
    for n, (_, text) in zip(range(count), _endless(), strict=False):
        chat, message_id = 5_000_000 + n % (count // 5 or 1), n + 1
        person = {"id": chat, "is_bot": False, "first_name": f"Buyer {chat}"}
        update = {
            "update_id": 900_000 + n,
            "message": {
                "message_id": message_id,
                "from": person,
                "chat": {"id": chat, "type": "private", "first_name": f"Buyer {chat}"},
                "date": int(time.time()),
                "text": text,
            },
        }
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }
        ids = (f"{chat}:{message_id}",)
        posts.append(Post(f"/hooks/{key}", orjson.dumps(update), headers, "hook", ids))
    return posts


def api_posts(token: str, channel: str, count: int, *, size: int, prefix: str) -> list[Post]:
    """Messages of a program, one by one (size 1) or in batches; conversations are shared."""
    items = [
        {
            "external_id": f"{prefix}-{n}",
            "channel": channel,
            "conversation": f"c{n % 400}",
            "from": {"name": f"Buyer {n % 400}", "email": f"b{n % 400}@crash.example"},
            "subject": subject,
            "text": text,
        }
        for n, (subject, text) in zip(range(count), _endless(), strict=False)
    ]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    posts = []
    for start in range(0, count, size):
        batch = items[start : start + size]
        body = orjson.dumps(batch if size > 1 else batch[0])
        ids = tuple(str(item["external_id"]) for item in batch)
        posts.append(Post("/api/v1/messages", body, headers, "api", ids))
    return posts


def mails(count: int) -> list[tuple[str, bytes]]:
    """(Message-ID, mail): every fifth opens a thread, the next four answer in it."""
    made = []
    for n, (subject, text) in zip(range(count), _endless(), strict=False):
        first = n - n % 5
        mail = EmailMessage()
        mail["From"] = f"Buyer {first} <buyer{first}@mail.example>"
        mail["To"] = "support@crash.example"
        mail["Subject"] = (subject or f"Question {first}") if n == first else f"Re: {subject}"
        mail["Message-ID"] = f"<crash-{n}@mail.example>"
        mail["Date"] = format_datetime(datetime.now(UTC))
        if n != first:
            mail["In-Reply-To"] = mail["References"] = f"<crash-{first}@mail.example>"
        mail.set_content(text)
        made.append((f"crash-{n}@mail.example", mail.as_bytes()))
    return made


class Sender(threading.Thread):
    """Sends posts in order, each until it is acknowledged, ``pause`` seconds apart."""

    def __init__(
        self,
        url: str,
        posts: Sequence[Post],
        acknowledged: Acknowledged,
        *,
        pause: float,
        seed: int,
    ) -> None:
        super().__init__(daemon=True)
        self._url, self._posts, self._acknowledged = url, posts, acknowledged
        self._pause, self._random = pause, random.Random(seed)

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=ANSWER_SECONDS, trust_env=False) as client:
            for post in self._posts:
                again = 1 + (self._random.random() < REPEATED)
                for _ in range(again):
                    if not until_acknowledged(client, post, self._acknowledged):
                        return
                self._acknowledged.add(post.channel, post.ids)
                time.sleep(self._pause)


def until_acknowledged(
    client: httpx.Client, post: Post, acknowledged: Acknowledged
) -> httpx.Response | None:
    """Repeat as platforms do; None, with the reason kept, when it never succeeds."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    pause, said = 0.05, "nothing"
    while time.monotonic() < deadline:
        try:
            answer = client.post(post.path, content=post.body, headers=post.headers)
        except httpx.HTTPError as error:
            acknowledged.note(0)
            said = repr(error)
        else:
            acknowledged.note(answer.status_code)
            if answer.is_success:
                return answer
            said = f"{answer.status_code} {answer.text[:300]}"
            if answer.status_code < 500 and answer.status_code != 429:
                break
        time.sleep(pause)
        pause = min(pause * 2, 0.5)
    acknowledged.failures.append(f"{post.path} {post.ids[:1]}: {said}")
    return None


class Postman(threading.Thread):
    """Puts mails into a mailbox, a handful at a time."""

    def __init__(
        self, dovecot: Dovecot, user: str, mails: Sequence[bytes], *, pause: float
    ) -> None:
        super().__init__(daemon=True)
        self._dovecot, self._user, self._mails, self._pause = dovecot, user, mails, pause

    def run(self) -> None:
        for start in range(0, len(self._mails), 10):
            self._dovecot.deliver(self._user, *self._mails[start : start + 10])
            time.sleep(self._pause)


def _endless() -> Iterator[tuple[str, str]]:
    return itertools.cycle(texts())
