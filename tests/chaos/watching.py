"""Watching from outside while it happens: which partitions move in the log, and which in Postgres."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg

from infra.errors import InfrastructureError
from infra.kafka import committed_offsets, watermarks
from infra.kafka.following import Follower
from tests.chaos.cluster import PREFIX, Cluster

EVENTS = f"{PREFIX}events"
SAMPLE_S = 0.1


@dataclass(slots=True)
class Watch:
    """Samples progress in threads of its own until it is closed."""

    cluster: Cluster
    #: When a record last arrived on each partition of the events topic, on the monotonic clock.
    moved_at_s: dict[int, float] = field(default_factory=dict)
    #: When each partition's watermark in Postgres was seen to move, Unix milliseconds.
    written_at_ms: dict[int, list[int]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for work in (self._follow, self._sample):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join(10)

    def has_moved_since(self, at_s: float) -> bool:
        """Tell whether every partition of the log has moved since an instant of the monotonic clock."""
        numbers = range(self.cluster.conditions.partitions)
        return all(self.moved_at_s.get(number, 0.0) > at_s for number in numbers)

    def _follow(self) -> None:
        starts = {(EVENTS, number): 0 for number in range(self.cluster.conditions.partitions)}
        follower = Follower(self.cluster.connection, starts)
        while not self._stop.is_set():
            for message in follower.next_batch(0.2):
                self.moved_at_s[message.partition()] = time.monotonic()
        follower.close()

    def _sample(self) -> None:
        known: dict[int, int] = {}
        while not self._stop.wait(SAMPLE_S):
            try:
                with psycopg.connect(self.cluster.database_url, connect_timeout=2, autocommit=True) as connection:
                    self._sample_with(connection, known)
            except psycopg.Error:
                continue

    def _sample_with(self, connection: psycopg.Connection[tuple[int, int]], known: dict[int, int]) -> None:
        connection.execute("set statement_timeout = 2000")
        while not self._stop.wait(SAMPLE_S):
            for number, offset in written_offsets(connection).items():
                if known.get(number) != offset:
                    known[number] = offset
                    self.written_at_ms.setdefault(number, []).append(int(time.time() * 1000))


def written_offsets(connection: psycopg.Connection[tuple[int, int]]) -> dict[int, int]:
    """Give the watermark of each partition of the events topic in Postgres."""
    return dict(connection.execute("select partition, log_offset from watermarks where topic = 'events'").fetchall())


def backlog(cluster: Cluster) -> list[str]:
    """Give a sentence for everything that is still under way: records nobody has acknowledged or written."""
    return [
        *_guarded("commands", lambda: _unacknowledged(cluster, "orchestrator", "commands")),
        *_guarded("tasks", lambda: _unacknowledged(cluster, "nodes", "tasks.ledger")),
        *_guarded("expressions", lambda: _unacknowledged(cluster, "nodes", "tasks.expression")),
        *_guarded("events", lambda: _unwritten(cluster)),
        *_guarded("runs", lambda: _open_runs(cluster)),
    ]


def log_length(cluster: Cluster) -> int:
    """Give how many records the commands and events topics have; 0 while the broker is away."""
    try:
        topics = [watermarks(cluster.connection, topic) for topic in (EVENTS, f"{PREFIX}commands")]
    except InfrastructureError:
        return 0
    return sum(end.high for ends in topics for end in ends.values())


def _guarded(what: str, look: Callable[[], Mapping[int, int]]) -> list[str]:
    try:
        return [f"{what}, partition {number}: {left} left" for number, left in look().items() if left]
    except (InfrastructureError, psycopg.Error) as error:
        return [f"{what}: {error}"]


def _unacknowledged(cluster: Cluster, role: str, topic: str) -> dict[int, int]:
    ends = watermarks(cluster.connection, f"{PREFIX}{topic}")
    done = committed_offsets(cluster.connection, f"{PREFIX}{role}", f"{PREFIX}{topic}")
    return {number: end.high - done.get(number, 0) for number, end in ends.items()}


def _open_runs(cluster: Cluster) -> dict[int, int]:
    query = "select partition, count(*) from runs where kind = 'run' and ended_at is null group by partition"
    with psycopg.connect(cluster.database_url, connect_timeout=2) as connection:
        return dict(connection.execute(query).fetchall())


def _unwritten(cluster: Cluster) -> dict[int, int]:
    ends = watermarks(cluster.connection, EVENTS)
    with psycopg.connect(cluster.database_url, connect_timeout=2) as connection:
        written = written_offsets(connection)
    return {number: end.high - 1 - written.get(number, -1) for number, end in ends.items()}
