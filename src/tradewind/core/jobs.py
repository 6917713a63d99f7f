"""Work for later, kept in the same database: queued with the business transaction or not at all.

A job runs again from its start after a crash, so it must be idempotent: load by id, look
what is left to do, do it. Jobs of dead workers are put back by ``rescue_jobs``.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, ParamSpec, cast

import structlog
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision, exceptions
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.settings import settings
from procrastinate.jobs import Status

from tradewind.core.beside import Beside, running_beside

P = ParamSpec("P")
log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 5.0
DEAD_AFTER_SECONDS = 20.0
GRACE_SECONDS = 20.0
# Its decorators are typed for a fixed signature, which a wrapper of any function has not.
_tasks: Any = app

CORE_QUEUE = "core"
KEEP_FAILED_HOURS = 24 * 30
LONGEST_PAUSE = 5.0
STEADY_SECONDS = 30.0


@dataclass(frozen=True)
class Retry(BaseRetryStrategy):
    """How often a failed job runs again; the wait doubles each time, up to ``longest``."""

    attempts: int = 8
    wait: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(hours=1)
    on: tuple[type[Exception], ...] = (Exception,)

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
        """Give when to run again, None for never (Procrastinate's interface)."""
        if job.attempts >= self.attempts or not isinstance(exception, self.on):
            return None
        # Doubling is cut off early: 2**40 waits are not a number of seconds any more.
        seconds = self.wait.total_seconds() * 2 ** min(job.attempts, 30)
        return RetryDecision(retry_in={"seconds": int(min(seconds, self.longest.total_seconds()))})


NEVER = Retry(attempts=0)


@dataclass(frozen=True)
class Job(Generic[P]):
    """A function that ``later`` can queue; calling it runs it now."""

    run: Callable[P, object]
    task: Any
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it is stored under."""
        return str(self.task.name)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> object:
        """Run the function now."""
        return self.run(*args, **kwargs)

    def at(self, moment: datetime) -> Job[P]:
        """Give the same job, not to run before the moment."""
        return self._with(schedule_at=moment)

    def once(self, key: str) -> Job[P]:
        """Give the same job, left out while one with this key still waits."""
        return self._with(queueing_lock=key)

    def one_at_a_time(self, key: str) -> Job[P]:
        """Give the same job, never running beside another with this key, in order."""
        return self._with(lock=key)

    def before_others(self, priority: int) -> Job[P]:
        """Give the same job, taken before those of lower priority (0 is usual)."""
        return self._with(priority=priority)

    def _with(self, **options: Any) -> Job[P]:
        return replace(self, options={**self.options, **options})


def job(
    name: str, *, queue: str = "default", retry: Retry = Retry()
) -> Callable[[Callable[P, object]], Job[P]]:
    """Make the decorated function a job, stored under the name; arguments must fit in JSON."""

    def decorate(function: Callable[P, object]) -> Job[P]:
        task = _tasks.task(name=name, queue=queue, retry=retry)(function)
        return Job(run=function, task=task, options={})

    return decorate


def periodic(
    cron: str, *, name: str, queue: str = "default"
) -> Callable[[Callable[[], object]], Job[[]]]:
    """Run the decorated function by the clock: five fields, or six with seconds last.

    Of several workers one runs it; a run still waiting is not queued again.
    """

    def decorate(function: Callable[[], object]) -> Job[[]]:
        def at_time(**_: int) -> object:
            return function()

        task = _tasks.task(name=name, queue=queue, queueing_lock=name)(at_time)
        _tasks.periodic(cron=cron)(task)
        return Job(run=function, task=task, options={})

    return decorate


def later(job: Job[P], *args: P.args, **kwargs: P.kwargs) -> int | None:
    """Queue the job in the current transaction; it runs once that is committed.

    Gives its number, None when ``once`` found one waiting already.
    """
    bound = inspect.signature(job.run).bind(*args, **kwargs).arguments
    deferrer = job.task.configure(**job.options)
    if "queueing_lock" not in job.options:
        return int(deferrer.defer(**bound))
    try:
        # The refusal of a second one must not spoil the caller's transaction.
        with transaction.atomic(using=settings.DATABASE_ALIAS):
            return int(deferrer.defer(**bound))
    except exceptions.AlreadyEnqueued:
        return None


def later_many(job: Job[P], arguments: Iterable[Mapping[str, Any]]) -> int:
    """Queue the job once for each set of arguments, in one statement; gives how many."""
    batch = [dict(each) for each in arguments]
    if batch:
        job.task.configure(**job.options).batch_defer(*batch)
    return len(batch)


def run_worker(
    *,
    queues: Sequence[str] | None = None,
    concurrency: int = 4,
    beside: Sequence[Beside] = (),
) -> None:
    """Work off jobs until SIGTERM or SIGINT, and run ``beside`` in threads meanwhile.

    A database that goes away is waited for. Each of ``beside`` gets a threading.Event that
    is set when it shall end; one that raises is started again after a pause.
    """
    with running_beside(beside):
        asyncio.run(_work(queues=queues, concurrency=concurrency))


def run_waiting(*, queues: Sequence[str] | None = None, concurrency: int = 1) -> None:
    """Work off what is due now and come back: for tests and single commands."""
    asyncio.run(_work_once(queues=queues, concurrency=concurrency, wait=False))


async def _work(*, queues: Sequence[str] | None, concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pause = 0.2
    while not stop.is_set():
        begun = loop.time()
        work = asyncio.create_task(_work_once(queues=queues, concurrency=concurrency, wait=True))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            work.cancel()
        # A worker that lost its database ends by itself, with or without an error.
        (outcome,) = await asyncio.gather(work, return_exceptions=True)
        stopped.cancel()
        # Django keeps a broken connection in the thread that jobs are queued from, and would
        # meet it again for ever.
        await sync_to_async(connections.close_all)()
        if loop.time() - begun > STEADY_SECONDS:
            pause = 0.2
        if not stop.is_set():
            log.warning("worker paused", cause=repr(outcome), seconds=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def _work_once(*, queues: Sequence[str] | None, concurrency: int, wait: bool) -> None:
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    worker_app = app.with_connector(connector)
    options: WorkerOptions = {
        "concurrency": concurrency,
        "wait": wait,
        "listen_notify": wait,
        "install_signal_handlers": False,
        "update_heartbeat_interval": HEARTBEAT_SECONDS,
        "stalled_worker_timeout": DEAD_AFTER_SECONDS,
        "shutdown_graceful_timeout": GRACE_SECONDS,
        # Done is done: what is worth keeping about it is in the business tables.
        "delete_jobs": "successful",
    }
    if queues is not None:
        options["queues"] = [*queues, CORE_QUEUE]
    async with worker_app.open_async():
        await _put_back(worker_app)
        await worker_app.run_worker_async(**options)


async def _put_back(worker_app: App) -> int:
    manager = worker_app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=int(DEAD_AFTER_SECONDS)))
    for each in stalled:
        try:
            await manager.retry_job(each)
        except exceptions.UniqueViolation:
            # The same job (by its key) waits already and will do the work.
            await manager.finish_job(each, status=Status.ABORTED, delete_job=True)
    if stalled:
        log.warning("jobs of dead workers put back", jobs=len(stalled))
    return len(stalled)


async def rescue_jobs(context: JobContext, **_: int) -> None:
    """Put the jobs of workers that gave no sign of life for 20 seconds back in their queue."""
    await _put_back(context.app)


async def forget_old_jobs(context: JobContext, **_: int) -> None:
    """Delete what is left of jobs that ended more than thirty days ago."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )


def _keep_house(function: Callable[..., object], *, cron: str) -> None:
    name = f"core.{function.__name__}"
    options = {"name": name, "queue": CORE_QUEUE, "queueing_lock": name, "pass_context": True}
    _tasks.periodic(cron=cron)(_tasks.task(**options)(function))


_keep_house(rescue_jobs, cron="* * * * * */10")
_keep_house(forget_old_jobs, cron="17 3 * * *")
