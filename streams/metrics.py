"""The figures of a role's process, in Prometheus' terms. One `Metrics` belongs to one process; nothing is global."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Progress:
    """When this process last did something that counts. The watch on liveness reads it."""

    at: float = field(default_factory=time.monotonic)

    def note(self) -> None:
        """Note that something was done now."""
        self.at = time.monotonic()

    @property
    def age_s(self) -> float:
        """How long ago the last thing was done."""
        return time.monotonic() - self.at


class Metrics:
    """What every stage counts. A stage with figures of its own registers them in `registry`."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.progress = Progress()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.records = self._counter("agentos_records", "Records taken from topics.")
        self.batch_records = self._histogram("agentos_batch_records", "Records of one fetch of a partition.", RECORDS)
        self.batch_seconds = self._histogram("agentos_batch_seconds", "Time one fetch took to be worked on.", SECONDS)
        self.flush_seconds = self._histogram("agentos_flush_seconds", "Time the broker took to take a batch.", SECONDS)
        self.lag = Gauge(
            "agentos_lag_records", "Records of a partition not yet acknowledged.", ["partition"], registry=self.registry
        )
        self.produced = self._counter("agentos_produced_records", "Records written to topics.")
        self.accepted = self._counter("agentos_commits_accepted", "Commits that fit the chain.")
        self.skipped = self._counter("agentos_commits_skipped", "Commits that do not fit the chain, as a zombie's.")
        self.conflicts = self._counter("agentos_conflicts", "Batches that met another writer of the partition.")
        self.rejected = self._counter("agentos_commands_rejected", "Commands refused by the rules.")
        self.poison = self._counter("agentos_poison_records", "Records that made the rules fail.")
        self.dead_letters = self._counter("agentos_dead_letters", "Records sent to the dead letters.")
        self.recovered_events = self._counter("agentos_recovered_commits", "Commits read to recover partitions.")
        self.recovery_seconds = self._histogram(
            "agentos_recovery_seconds", "Time a partition took to recover.", SECONDS
        )
        self.partitions = self._gauge("agentos_partitions", "Partitions this process works on.")
        self.runs_in_memory = self._gauge("agentos_runs_in_memory", "Runs whose state is in memory.")
        self.runs_loaded = self._counter("agentos_runs_loaded", "Runs brought back into memory from Postgres.")
        self.timers = self._gauge("agentos_timers", "Timers this process waits for.")
        self.timers_fired = self._counter("agentos_timers_fired", "Timers that were due and sent.")

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self.registry)

    def batch(self, records: int, seconds: float) -> None:
        """Note a batch that was worked on."""
        self.records.inc(records)
        self.batch_records.observe(records)
        self.batch_seconds.observe(seconds)
        self.progress.note()

    def page(self) -> bytes:
        """Give everything in Prometheus' text format."""
        return generate_latest(self.registry)
