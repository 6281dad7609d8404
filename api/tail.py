"""Following the log: one thread that reads definitions from the beginning and commits from where Postgres is.

For each commit it does three cheap things: fit it into the chain of its partition, keep its bytes for a while, and
decode it if somebody waits for its run. Commits that do not fit are a zombie's; every reader skips them.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from api.catalogue import Catalogue
from api.live import Live
from api.metrics import Metrics
from api.peek import parent_of
from api.recent import Recent
from engine.chain import Chain
from engine.events import Commit
from infra.errors import Unreachable
from schemas.codec import decode_as
from schemas.records import Definition

LOG = logging.getLogger(__name__)
POLL_S = 0.5


class Message(Protocol):
    """A record as it is on the wire."""

    def topic(self) -> str | None:
        """Give the name of its topic."""

    def partition(self) -> int | None:
        """Give its partition."""

    def offset(self) -> int | None:
        """Give its place in the partition."""

    def key(self) -> bytes | None:
        """Give its key."""

    def value(self) -> bytes | None:
        """Give its value."""


class Follower(Protocol):
    """Reads partitions and goes on with what is appended."""

    def next_batch(self, wait_s: float) -> Sequence[Any]:
        """Give what has arrived, as soon as there is anything; nothing after `wait_s`."""
        ...

    def close(self) -> None:
        """Leave the brokers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to begin in a partition: the next offset, the chain's head before it, and the end when that was asked."""

    offset: int
    head: bytes
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where to begin: partitions of the events topic, and the one of the definitions topic."""

    events: Mapping[int, Place]
    definitions_end: int


@dataclass(slots=True, kw_only=True)
class Log:
    """The log as the tail needs it. Both calls block and raise `Unreachable`."""

    events_topic: str
    definitions_topic: str
    locate: Callable[[], Places]
    follow: Callable[[Mapping[tuple[str, int], int]], Follower]


@dataclass(slots=True, kw_only=True)
class Sinks:
    """Where what was read goes to. The catalogue is filled in the event loop."""

    live: Live
    recent: Recent
    metrics: Metrics
    catalogue: Catalogue


class Tail:
    """The thread. Start it in the event loop it serves."""

    def __init__(self, log: Log, sinks: Sinks) -> None:
        self._log = log
        self._sinks = sinks
        self._loop = asyncio.get_running_loop()
        self._chains: dict[int, Chain] = {}
        #: Ends that are still to be reached, by topic and partition; `None` before they are known.
        self._ahead: dict[tuple[str, int], int] | None = None
        self._failure: str | None = None
        #: Next offset of each partition of the events topic.
        self.positions: dict[int, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-tail", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    async def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join)

    @property
    def why_not_ready(self) -> str | None:
        """Give why the log is not known up to its end as it was at the start; `None` when it is."""
        if self._failure is not None:
            return self._failure
        if self._ahead is None:
            return "Kafka has not answered yet"
        return f"{len(self._ahead)} partitions are not read to their end yet" if self._ahead else None

    @property
    def is_alive(self) -> bool:
        """Tell whether the thread still works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            follower = self._open()
            while not self._stopping.is_set() and follower is not None:
                if batch := follower.next_batch(POLL_S):
                    self._take(batch)
            if follower is not None:
                follower.close()
        except Exception as error:  # the thread's outermost boundary: liveness fails, so the process is restarted
            self._failure = f"following the log failed: {error}"
            LOG.exception("following the log failed")

    def _open(self) -> Follower | None:
        while not self._stopping.is_set():
            try:
                places = self._log.locate()
                return self._follow(places)
            except Unreachable as error:
                LOG.warning("%s", error)
                self._stopping.wait(1)
        return None

    def _follow(self, places: Places) -> Follower:
        events, definitions = self._log.events_topic, self._log.definitions_topic
        for partition, place in places.events.items():
            self._chains[partition] = Chain(head=place.head)
            self._sinks.recent.begin(partition, place.offset)
        starts = {(events, partition): place.offset for partition, place in places.events.items()}
        follower = self._log.follow({**starts, (definitions, 0): 0})
        ahead = {
            (events, partition): place.end for partition, place in places.events.items() if place.end > place.offset
        }
        if places.definitions_end > 0:
            ahead[definitions, 0] = places.definitions_end
        self._ahead = ahead
        return follower

    def _take(self, batch: Sequence[Message]) -> None:
        commits: list[Commit] = []
        definitions: list[Definition] = []
        for message in batch:
            topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
            key, value = message.key() or b"", message.value() or b""
            try:
                if topic == self._log.definitions_topic:
                    definitions.append(decode_as(Definition, value))
                elif self._accept(partition, offset, key, value):
                    commits.append(decode_as(Commit, value))
            except ValueError as error:
                self._sinks.metrics.unreadable_records += 1
                LOG.warning("%s, partition %d, offset %d: %s", topic, partition, offset, error)
            if topic == self._log.events_topic:
                self.positions[partition] = offset + 1
            if self._ahead and offset + 1 >= self._ahead.get((topic, partition), offset + 2):
                del self._ahead[topic, partition]
        if commits or definitions:
            self._loop.call_soon_threadsafe(self._hand_over, commits, definitions)

    def _accept(self, partition: int, offset: int, key: bytes, value: bytes) -> bool:
        """Take a commit into the chain; tell whether it belongs there and somebody waits for its run."""
        if not self._chains[partition].accept(parent_of(value), value):
            self._sinks.metrics.skipped_commits += 1
            return False
        self._sinks.metrics.accepted_commits += 1
        self._sinks.recent.add(partition, offset, key, value)
        self._sinks.live.changed(key)
        return self._sinks.live.wanted(key)

    def _hand_over(self, commits: list[Commit], definitions: list[Definition]) -> None:
        if definitions:
            self._sinks.catalogue.add(definitions)
        self._sinks.live.deliver(commits)
