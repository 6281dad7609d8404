"""The figures of the snapshots stage beside those every stage has."""

from __future__ import annotations

import time

from prometheus_client import Counter, Histogram

from streams.metrics import RECORDS, SECONDS, Metrics
from streams.snapshots.stage import SnapshotsStage


class Figures:
    """Turns what the stage counts into metrics, and measures how old a commit is when it is in Postgres."""

    def __init__(self, stage: SnapshotsStage, metrics: Metrics) -> None:
        self._stage = stage
        self._metrics = metrics
        self._oldest_ms: int | None = None
        self._written_runs = Counter("agentos_snapshot_rows", "Runs written to Postgres.", registry=metrics.registry)
        self._mended = Counter("agentos_runs_mended", "Damaged runs taken from the log.", registry=metrics.registry)
        self._malformed = Counter("agentos_malformed_records", "Records nobody can read.", registry=metrics.registry)
        self._transactions = Histogram(
            "agentos_snapshot_records", "Records of one transaction.", buckets=RECORDS, registry=metrics.registry
        )
        self._lag = Histogram(
            "agentos_snapshot_lag_seconds",
            "Age of the oldest commit of a transaction, from the broker's timestamp to its end.",
            buckets=SECONDS,
            registry=metrics.registry,
        )
        self._counted = [0.0] * len(self._counters())

    def taken(self, at_ms: int) -> None:
        """Note that a record with this timestamp waits to be written."""
        if self._oldest_ms is None:
            self._oldest_ms = at_ms

    def written(self, records: int, seconds: float) -> None:
        """Note that everything that waited is written."""
        self._metrics.flush_seconds.observe(seconds)
        if self._oldest_ms is not None:
            self._transactions.observe(records)
            self._lag.observe(max(0.0, time.time() - self._oldest_ms / 1000))
        self._oldest_ms = None
        self.update()

    def update(self) -> None:
        """Bring the counters up to what the stage has counted."""
        for index, (counter, value) in enumerate(self._counters()):
            counter.inc(value - self._counted[index])
            self._counted[index] = value
        self._metrics.runs_in_memory.set(self._stage.runs_in_memory)

    def _counters(self) -> list[tuple[Counter, int]]:
        tally, metrics = self._stage.tally, self._metrics
        return [
            (metrics.accepted, tally.accepted),
            (metrics.skipped, tally.skipped),
            (metrics.runs_loaded, tally.loaded_runs),
            (metrics.conflicts, tally.outrun),
            (self._written_runs, tally.written_runs),
            (self._mended, tally.mended_runs),
            (self._malformed, tally.malformed),
        ]
