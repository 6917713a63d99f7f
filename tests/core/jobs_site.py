"""A site with nothing but jobs, for tests that kill its workers.

``jobs_site.py URL BOOK VERB [WORD…] [+ VERB [WORD…] …]``
"""

import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from tradewind.core.settings import django_database

URL, BOOK, *ACTS = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["procrastinate.contrib.django"],
    DATABASES={"default": django_database(URL)},
    USE_TZ=True,
    PROCRASTINATE_AUTODISCOVER_MODULE_NAME="",
)
django.setup()

from tradewind.core import jobs  # noqa: E402

jobs.HEARTBEAT_SECONDS, jobs.DEAD_AFTER_SECONDS = 0.5, 2.0


def note(word: str) -> None:
    with Path(BOOK).open("a") as file:
        file.write(f"{word}\n")


@jobs.job("test.write")
def write(word: str) -> None:
    note(word)


@jobs.job("test.slow")
def slow(word: str, seconds: float) -> None:
    note(f"begin {word}")
    time.sleep(seconds)
    note(f"end {word}")


@jobs.job("test.fail", retry=jobs.Retry(attempts=2, wait=jobs.timedelta(0)))
def fail(word: str) -> None:
    note(word)
    raise ValueError(word)


@jobs.periodic("* * * * * *", name="test.tick")
def tick() -> None:
    note("tick")


def refuse() -> None:
    with transaction.atomic():
        jobs.later(write, "never")
        transaction.set_rollback(True)


def queue_once() -> None:
    with transaction.atomic():
        first = jobs.later(write.once("same"), word="once")
        second = jobs.later(write.once("same"), word="twice")
        jobs.later(write, word="after")
    sys.stdout.write(f"{first is not None} {second is None}\n")


VERBS = {
    "migrate": lambda: call_command("migrate", verbosity=0),
    "write": lambda word: jobs.later(write, word),
    "slow": lambda word, seconds: jobs.later(slow, word, seconds=float(seconds)),
    "many": lambda count: jobs.later_many(write, [{"word": str(n)} for n in range(int(count))]),
    "fail": lambda word: jobs.later(fail, word),
    "refuse": refuse,
    "once": queue_once,
    "work": lambda: jobs.run_worker(concurrency=2),
    "finish": lambda: jobs.run_waiting(),
}
for act in " ".join(ACTS).split(" + "):
    verb, *words = act.split()
    VERBS[verb](*words)
