"""What /metrics says: counters of this process, and figures read from the database on demand.

Processes share nothing. What a web process cannot count, because a worker did it, it reads
as a *figure*: a callable that asks the tables both share.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from tradewind.core.registry import Registry

log = structlog.get_logger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "tradewind_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and the labels it stands under."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A named set of figures: what they say, and how they are read."""

    meaning: str
    read: Callable[[], Iterable[Figure]]


figures: Registry[Source] = Registry("figure")
registry = CollectorRegistry(auto_describe=False)


def counter(name: str, meaning: str, *, labels: tuple[str, ...] = ()) -> Counter:
    """Give a counter of this process, named ``tradewind_NAME_total``."""
    return Counter(PREFIX + name, meaning, labels, registry=registry)


def histogram(
    name: str, meaning: str, *, labels: tuple[str, ...] = (), buckets: tuple[float, ...] = SECONDS
) -> Histogram:
    """Give a histogram of this process, in seconds unless its buckets say otherwise."""
    return Histogram(PREFIX + name, meaning, labels, registry=registry, buckets=buckets)


def figure(name: str, meaning: str) -> Callable[[Callable[[], Iterable[Figure]]], Source]:
    """Make the decorated callable a figure, named ``tradewind_NAME``."""
    return lambda read: figures.add(name, Source(meaning=meaning, read=read))


def render() -> bytes:
    """Give the exposition of everything, as ``CONTENT_TYPE``; figures are read now."""
    return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        seconds = GaugeMetricFamily(
            f"{PREFIX}figure_seconds", "Time it took to read the figure.", labels=["figure"]
        )
        for name, source in figures.items():
            begun = time.perf_counter()
            try:
                read = list(source.read())
            except Exception as error:  # noqa: BLE001  # one must not hide the others
                log.warning("figure not read", figure=name, cause=repr(error))
                continue
            seconds.add_metric([name], time.perf_counter() - begun)
            yield _family(name, source, read)
        yield seconds


def _family(name: str, source: Source, read: list[Figure]) -> GaugeMetricFamily:
    labels = list(dict.fromkeys(label for each in read for label in each.labels))
    family = GaugeMetricFamily(PREFIX + name, source.meaning, labels=labels)
    for each in read:
        family.add_metric([str(each.labels.get(label, "")) for label in labels], each.value)
    return family


registry.register(_Figures())
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
GCCollector(registry=registry)
