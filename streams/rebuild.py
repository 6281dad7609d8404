"""Makes everything in Postgres anew from the log, while the system runs, and puts it in the place of what was there.

Theory of operation. A second generation of the tables is filled by the same stage that fills the first one, only in
larger batches, with the indexes left out until the end. How far: to where the live tables are, or to the end of the log
where they have nothing. When little is left, writers are held by locks, the rest is folded, both are compared, and the
tables change places in one transaction. The live stage finds the watermark it left, and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from engine.errors import CorruptHistory
from infra.event_log import EventLog
from infra.generation_tail import Tail
from infra.generations import ATTEMPTS, NEXT, Generation, WritersBusy, next_generation
from infra.index_store import DEAD_LETTERS, DEFINITIONS, IndexStore
from infra.kafka import Watermarks
from infra.postgres_session import Session, Unavailable
from infra.snapshots_store import SnapshotStore
from schemas.codec import MalformedRecord, decode_as
from schemas.records import DeadLetter, Definition
from streams.rebuild_tail import begin_tail, settle_tail
from streams.snapshots.fold import FoldLimits, LogRecord
from streams.snapshots.stage import Outside, SnapshotsStage, StageLimits

Kind = TypeVar("Kind")

BATCH_RECORDS = 20_000
ANSWER_S = 600.0
#: The connections that fill the next generation. What a crash loses is dropped anyway.
PARAMETERS = {"search_path": NEXT, "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildParts:
    """What a rebuild works with. `progress` hears what is done, how many records of how many."""

    database_url: str
    events: EventLog
    definitions: EventLog
    dead_letters: EventLog
    every_commits: int
    progress: Callable[[str, int, int], None] = lambda _what, _done, _all: None
    #: Records behind the live tables at which writers may be held: a fraction of a second of work.
    near_records: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to rebuild: everything, or one partition, from an offset on if one is given; and whether to compare it."""

    partition: int | None = None
    offset: int | None = None
    is_compared: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    records: int = 0
    seconds: float = 0.0
    #: Seconds in which nobody else could write.
    held_s: float = 0.0
    #: Where each partition of the events topic is now.
    offsets: dict[int, int] = field(default_factory=dict)
    #: Digest of the states of all runs: of what was there, and of what is there now; empty when not compared.
    digests: tuple[str, str] = ("", "")
    #: Keys of rows that were not as the log says, by table.
    differences: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Tell whether what was there was as the log says."""
        return not self.differences


def rebuild(parts: RebuildParts, wanted: Wanted) -> Outcome:
    """Rebuild and switch. Raises `CorruptHistory` or `Unreachable`, having changed nothing."""
    began = time.monotonic()
    with next_generation(parts.database_url) as generation:
        filling = _Filling(parts, generation, wanted)
        try:
            filling.begin()
            filling.catch_up(until_near=True)
            parts.progress("indexes", 0, 0)
            generation.finish_tables()
            filling.catch_up(until_near=True)
            _switch(filling, generation, wanted)
        finally:
            filling.close()
        filling.outcome.seconds = time.monotonic() - began
        return filling.outcome


def _switch(filling: _Filling, generation: Generation, wanted: Wanted) -> None:
    outcome = filling.outcome
    for attempt in range(1, ATTEMPTS + 1):
        began = time.monotonic()
        try:
            with generation.writers_held():
                filling.catch_up(until_near=False)
                filling.settle()
                if wanted.is_compared:
                    outcome.differences = generation.differences(wanted.partition)
                    outcome.digests = generation.digests(wanted.partition)
                if wanted.partition is None:
                    generation.switch()
                else:
                    generation.switch_partition(wanted.partition)
        except WritersBusy:
            if attempt == ATTEMPTS:
                raise Unavailable(
                    f"Expected the locks of the tables within {ATTEMPTS} attempts, found them taken; nothing was"
                    " changed: try again when fewer long statements run"
                ) from None
        else:
            outcome.held_s = time.monotonic() - began
            return


class _Filling:
    """Fills the next generation up to where the live one is."""

    def __init__(self, parts: RebuildParts, generation: Generation, wanted: Wanted) -> None:
        self._parts = parts
        self._generation = generation
        self._wanted = wanted
        self._store = SnapshotStore(self._session("agentos rebuild"))
        self._index = IndexStore(self._session("agentos rebuild index"))
        self._reader = parts.events.places()
        limits = StageLimits(
            batch_records=BATCH_RECORDS,
            every_commits=parts.every_commits,
            fold=FoldLimits(runs_in_memory=100_000, bytes_in_memory=256 * 1024 * 1024),
        )
        outside = Outside(on_malformed=lambda _partition, _found: None, values_at=self._reader.values_at)
        self._stage = SnapshotsStage(self._store, limits, outside)
        self.outcome = Outcome()
        self._tail: Tail | None = None
        if wanted.partition is not None and wanted.offset is not None:
            self._tail = Tail(generation=generation, partition=wanted.partition, below=wanted.offset)

    def begin(self) -> None:
        """Take what lies before the offset asked for from the live tables."""
        if self._tail is not None:
            live = self._generation.live_watermarks().get(self._tail.partition)
            begin_tail(self._tail, self._reader.values_at, live)

    def settle(self) -> None:
        """Complete what a fold that began in the middle cannot know."""
        if self._tail is not None:
            settle_tail(self._tail)

    def close(self) -> None:
        """Leave Kafka and Postgres."""
        self._store.close()
        self._index.close()
        self._reader.close()

    def catch_up(self, *, until_near: bool) -> None:
        """Fold up to where the live tables are, or until only few records are left."""
        while True:
            targets = self._targets()
            left = sum(max(0, end - self._stage.next_offset(number)) for number, end in targets.items())
            if left <= (self._parts.near_records if until_near else 0):
                break
            for number, end in targets.items():
                self._fold(number, end, sum(targets.values()))
            self._flush()
        if self._wanted.partition is None:
            self._fill_index(DEFINITIONS, self._parts.definitions)
            self._fill_index(DEAD_LETTERS, self._parts.dead_letters)
        self.outcome.offsets = {number: end - 1 for number, end in targets.items()}

    def _targets(self) -> dict[int, int]:
        """Give the offset to read to, exclusive, by partition: that of the live tables, else the end of the log."""
        live = self._generation.live_watermarks()
        ends = self._parts.events.ends()
        chosen = ends if self._wanted.partition is None else {self._wanted.partition: ends[self._wanted.partition]}
        return {number: _end(live.get(number), end) for number, end in sorted(chosen.items())}

    def _fold(self, partition: int, end: int, in_all: int) -> None:
        start = self._stage.next_offset(partition)
        for batch in self._parts.events.read(partition, start, end):
            self._stage.take(partition, batch)
            if partition in self._stage.halted:
                raise CorruptHistory(self._stage.halted[partition])
            if self._stage.is_full:
                self._flush()
            self.outcome.records += len(batch)
            self._parts.progress("records", self.outcome.records, in_all)

    def _flush(self) -> None:
        self._stage.flush()

    def _fill_index(self, name: str, log: EventLog) -> None:
        live = self._generation.live_watermarks(name)
        for partition, end in log.ends().items():
            start = max(self._index.next_offset(name, partition), end.low)
            for batch in log.read(partition, start, _end(live.get(partition), end)):
                self._add(name, partition, batch)

    def _add(self, name: str, partition: int, records: Sequence[LogRecord]) -> None:
        last = records[-1].offset
        if name == DEFINITIONS:
            self._index.add_definitions(partition, list(_decoded(Definition, records)), last)
        else:
            self._index.add_dead_letters(partition, list(_decoded(DeadLetter, records)), last)

    def _session(self, name: str) -> Session:
        return Session(self._parts.database_url, answer_s=ANSWER_S, application=name, parameters=PARAMETERS)


def _end(live: int | None, end: Watermarks) -> int:
    return end.high if live is None or live < 0 else min(live + 1, end.high)


def _decoded(kind: type[Kind], records: Sequence[LogRecord]) -> Iterator[tuple[int, Kind]]:
    """Yield what can be read, with its offset; the live index leaves the rest out as well."""
    for record in records:
        try:
            yield record.offset, decode_as(kind, record.value)
        except MalformedRecord:
            continue
