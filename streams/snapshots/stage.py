"""The stage without Faust and Kafka: takes records of partitions, folds them, writes to Postgres when it is time.

Its position is the watermark in Postgres, not the consumer group's offset. All calls are blocking, from one thread.
A call that raises `ConnectionError` changed nothing and is to be made again, later, with the same arguments.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from engine.errors import CorruptHistory
from engine.events import Commit
from engine.replay import replay
from engine.snapshot import dump
from infra.errors import RecordsMissing, Unreachable
from infra.snapshots_store import DamagedRuns, Outrun, PartitionBatch, SnapshotStore, StoredRun
from schemas.codec import MalformedRecord, decode_as
from streams.snapshots.fold import FoldLimits, LogRecord, Malformed, PartitionFold, Selection

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLimits:
    """When to write, and how much to hold."""

    #: Records read before they are written, whatever the time.
    batch_records: int = 5_000
    #: Commits of a run between two kept snapshots.
    every_commits: int = 200
    fold: FoldLimits = field(default_factory=FoldLimits)


class RecordsSkipped(Exception):
    """The records begin behind the one to read next: read the ones in between first."""

    def __init__(self, partition: int, expected: int, found: int) -> None:
        self.partition, self.expected, self.found = partition, expected, found
        super().__init__(f"partition {partition}: expected offset {expected}, found {found}")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the stage did since it began."""

    accepted: int = 0
    skipped: int = 0
    malformed: int = 0
    written_runs: int = 0
    loaded_runs: int = 0
    mended_runs: int = 0
    transactions: int = 0
    outrun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the stage asks of Kafka."""

    on_malformed: Callable[[int, Malformed], None]
    #: Gives the values at some offsets of a partition. Raises `RecordsMissing`.
    values_at: Callable[[int, Sequence[int]], list[bytes | None]]


class SnapshotsStage:
    """Folds the partitions it is given into Postgres."""

    def __init__(self, store: SnapshotStore, limits: StageLimits, outside: Outside) -> None:
        self._store = store
        self._limits = limits
        self._outside = outside
        self._folds: dict[int, PartitionFold] = {}
        self._unwritten: list[PartitionBatch] = []
        self._begun_again: set[int] = set()
        #: Why a partition is not read any further, by partition.
        self.halted: dict[int, str] = {}
        self.tally = Tally()

    @property
    def pending(self) -> int:
        """How many records were read and are not in Postgres yet."""
        unwritten = sum(batch.after.offset - batch.before.offset for batch in self._unwritten)
        return unwritten + sum(fold.pending for fold in self._folds.values())

    @property
    def is_full(self) -> bool:
        """Whether to write before anything else is read."""
        return bool(self._unwritten) or self.pending >= self._limits.batch_records

    @property
    def runs_in_memory(self) -> int:
        """How many runs are held in memory."""
        return sum(fold.runs_in_memory for fold in self._folds.values())

    def next_offset(self, partition: int) -> int:
        """Give the offset of the record to read next, from Postgres if the partition is new here."""
        return self._fold(partition).next_offset

    def drop(self, partition: int) -> None:
        """Forget a partition: somebody else reads it now, or it is to be begun again from its watermark."""
        self._folds.pop(partition, None)
        self.halted.pop(partition, None)
        self._unwritten = [batch for batch in self._unwritten if batch.partition != partition]

    def halt(self, partition: int, reason: str) -> None:
        """Read a partition no further, and say why."""
        self.drop(partition)
        self.halted[partition] = f"partition {partition}: {reason}"

    def skip_to(self, partition: int, offset: int) -> None:
        """Go on with `offset`: the log has nothing before it."""
        self._fold(partition).skip_to(offset)

    def take(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold records that follow each other. Those read before are left out; raises `RecordsSkipped` on a gap."""
        if partition in self.halted:
            return
        fold = self._fold(partition)
        records = _from_offset(records, fold.next_offset)
        if not records:
            return
        if records[0].offset != fold.next_offset:
            raise RecordsSkipped(partition, fold.next_offset, records[0].offset)
        try:
            selection = fold.select(records)
            self._load(fold, selection)
            for malformed in selection.malformed:
                self._outside.on_malformed(partition, malformed)
            fold.apply(selection)
        except (ConnectionError, Unreachable, RecordsSkipped):
            raise
        except Exception as error:  # noqa: BLE001 - a half-folded partition is of no use, whatever went wrong
            self.halt(partition, str(error) if isinstance(error, CorruptHistory) else repr(error))
            return
        self.tally.malformed += len(selection.malformed)
        self.tally.accepted += len(selection.accepted)
        self.tally.skipped += selection.read - len(selection.accepted) - len(selection.malformed)

    def _load(self, fold: PartitionFold, selection: Selection) -> None:
        missing = fold.missing(selection)
        if not missing:
            return
        try:
            stored = self._store.load_runs(fold.partition, missing)
        except DamagedRuns as damage:
            stored = damage.intact
        lost = [run_id for run_id in missing if run_id not in stored]
        if lost:
            stored |= self._mended(fold, lost)
        self.tally.loaded_runs += len(stored)
        fold.adopt(stored.values())

    def _mended(self, fold: PartitionFold, run_ids: Iterable[str]) -> dict[str, StoredRun]:
        """Give runs that Postgres lost as the log has them. If it has no places of them, all begins again, once."""
        try:
            return {run_id: self._from_log(fold.partition, run_id) for run_id in run_ids}
        except (CorruptHistory, RecordsMissing, MalformedRecord) as error:
            if fold.partition in self._begun_again:
                raise
            LOG.warning("partition %d begins again from the log's beginning: %s", fold.partition, error)
            self._begun_again.add(fold.partition)
            self._store.reset(fold.partition)
            self.drop(fold.partition)
            raise RecordsSkipped(fold.partition, 0, fold.next_offset) from error

    def _from_log(self, partition: int, run_id: str) -> StoredRun:
        offsets = self._store.offsets_of(run_id)
        if not offsets:
            raise RecordsMissing(f"Expected run {run_id} in Postgres, which has all before this; found nothing of it")
        LOG.warning("run %s is damaged in Postgres; taking it from the log", run_id)
        values = self._outside.values_at(partition, offsets)
        state = replay(run_id, [decode_as(Commit, value) for value in values])
        self.tally.mended_runs += 1
        return StoredRun(run_id=run_id, offset=offsets[-1], state=dump(state), commits=len(offsets))

    def flush(self) -> frozenset[int]:
        """Write everything that was folded, in one transaction.

        Gives the partitions somebody else wrote meanwhile: they were dropped, and go on from what is written there.
        """
        if not self._unwritten:
            self._unwritten = [fold.harvest() for fold in self._folds.values() if fold.pending]
        outrun: frozenset[int] = frozenset()
        while self._unwritten:
            try:
                self._store.write(self._unwritten)
            except Outrun as error:
                outrun = outrun.union(error.partitions)
                self.tally.outrun += len(error.partitions)
                for partition in error.partitions:
                    self.drop(partition)
            else:
                self._written()
        return outrun

    def _written(self) -> None:
        self.tally.transactions += 1
        self.tally.written_runs += sum(len(batch.runs) for batch in self._unwritten)
        for batch in self._unwritten:
            self._folds[batch.partition].forget_written(self._limits.fold)
        self._unwritten = []

    def _fold(self, partition: int) -> PartitionFold:
        fold = self._folds.get(partition)
        if fold is None:
            watermark = self._store.open(partition)
            fold = PartitionFold(partition, watermark, every_commits=self._limits.every_commits)
            self._folds[partition] = fold
        return fold


def _from_offset(records: Sequence[LogRecord], offset: int) -> Sequence[LogRecord]:
    if not records or records[0].offset >= offset:
        return records
    return [record for record in records if record.offset >= offset]
