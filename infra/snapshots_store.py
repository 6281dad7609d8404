"""What the snapshots stage writes to Postgres, and what the orchestrator reads back to take over a partition.

Rows and the watermark of their partition change in one transaction, and only if the watermark is still the one the
writer began from: of two writers of a partition, one a zombie after a rebalance, the slower is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import psycopg

from infra.postgres import Row
from infra.postgres_session import Session, Unavailable
from infra.queries import queries
from infra.snapshot_rows import (
    CommitRow,
    CountKey,
    PartitionBatch,
    PartitionContent,
    RunRow,
    SnapshotRow,
    StoredRun,
    StoredTimer,
    TimerRow,
    Watermark,
    storable,
    text_hash,
)

__all__ = [
    "CommitRow",
    "CountKey",
    "DamagedRuns",
    "Outrun",
    "PartitionBatch",
    "PartitionContent",
    "RunRow",
    "SnapshotReader",
    "SnapshotRow",
    "SnapshotStore",
    "StoredRun",
    "StoredTimer",
    "TimerRow",
    "Watermark",
    "storable",
]

EVENTS = "events"
SQL = queries("snapshots")

#: Tables whose rows belong to one partition of the events topic.
PARTITION_TABLES = ("runs", "run_commits", "snapshots", "run_phases", "timers", "run_counts", "approvals")


class Outrun(Exception):
    """Somebody else wrote these partitions meanwhile: nothing was written. Begin again from their watermarks."""

    def __init__(self, partitions: Sequence[int]) -> None:
        self.partitions = tuple(partitions)
        super().__init__(f"the watermarks of partitions {self.partitions} were moved by another writer")


class DamagedRuns(Unavailable):
    """Some states are not as they were written, or are gone. `intact` has the others."""

    def __init__(self, run_ids: Sequence[str], found: Mapping[str, StoredRun]) -> None:
        self.run_ids = tuple(run_ids)
        self.intact = {run_id: run for run_id, run in found.items() if run_id not in run_ids}
        super().__init__(
            f"Expected the states of runs in Postgres as they were written, found {self.run_ids[:5]} damaged"
        )


class SnapshotReader:
    """Reads states, timers and watermarks. Blocking, from one thread; raises `Unavailable` (a `ConnectionError`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def watermark(self, partition: int) -> Watermark | None:
        """Give the watermark of a partition of the events topic, `None` when Postgres has nothing of it."""
        with self._session.transaction() as cursor:
            row = cursor.execute(SQL["watermark"], (EVENTS, partition)).fetchone()
        return _watermark(row) if row is not None and row[0] >= 0 else None

    def load_runs(self, partition: int, run_ids: Sequence[str]) -> dict[str, StoredRun]:
        """Give the newest states of those of `run_ids` that are known, by run id, in one query.

        Raises `DamagedRuns` (a `ConnectionError`) when a state is not as it was written, or is gone: ask the log.
        """
        wanted = {storable(run_id): run_id for run_id in run_ids}
        with self._session.transaction() as cursor:
            rows = cursor.execute(SQL["load_runs"], (partition, list(wanted))).fetchall()
            absent = list(wanted.keys() - {row[0] for row in rows})
            gone = cursor.execute(SQL["known_runs"], (absent,)).fetchall() if absent else []
        damaged = [wanted[run_id] for (run_id,) in gone]
        damaged += [wanted[row[0]] for row in rows if text_hash(row[2]) != row[4]]
        found = {
            wanted[stored_id]: StoredRun(run_id=wanted[stored_id], offset=offset, state=state, commits=commits)
            for stored_id, offset, state, commits, _ in rows
        }
        if damaged:
            raise DamagedRuns(damaged, found)
        return found

    def timers_due(self, partition: int, until_ms: int) -> list[StoredTimer]:
        """Give the live timers of a partition that are due at or before `until_ms`, in no order."""
        with self._session.transaction() as cursor:
            rows = cursor.execute(SQL["timers_due"], (partition, until_ms)).fetchall()
        return [StoredTimer(run_id=run, timer_id=timer, fire_at_ms=at_ms) for run, timer, at_ms in rows]

    def content(self, partition: int) -> PartitionContent:
        """Give everything Postgres has of a partition at one instant, states as their digests."""
        with self._session.transaction(answer_s=600) as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            row = cursor.execute(SQL["watermark"], (EVENTS, partition)).fetchone()
            hashes = cursor.execute(SQL["partition_hashes"], (partition,)).fetchall()
            commits = cursor.execute(SQL["partition_commits"], (partition,)).fetchone()
            counts = cursor.execute(SQL["partition_counts"], (partition,)).fetchall()
            timers = cursor.execute(SQL["partition_timers"], (partition,)).fetchall()
        return PartitionContent(
            watermark=_watermark(row) if row else Watermark(),
            hashes=dict(hashes),
            commits=commits[0] if commits else 0,
            counts={(namespace, name, version, status): runs for namespace, name, version, status, runs in counts},
            timers={(run_id, timer_id): at_ms for run_id, timer_id, at_ms in timers},
        )

    def close(self) -> None:
        """Close the connection, if one is open."""
        self._session.close()


class SnapshotStore(SnapshotReader):
    """Writes what the snapshots stage folded."""

    def open(self, partition: int) -> Watermark:
        """Give the watermark to go on from. Without one, make it, and remove what is left of the partition."""
        with self._session.transaction() as cursor:
            row = cursor.execute(SQL["watermark"], (EVENTS, partition)).fetchone()
        if row is not None:
            return _watermark(row)
        with self._session.transaction(answer_s=600) as cursor:
            if cursor.execute(SQL["open_watermark"], (EVENTS, partition)).rowcount:
                _forget(cursor, partition)
        return Watermark()

    def offsets_of(self, run_id: str) -> list[int]:
        """Give the offsets of a run's commits, in order, as far as they are in Postgres."""
        with self._session.transaction() as cursor:
            rows = cursor.execute(SQL["run_offsets"], (storable(run_id),)).fetchall()
        return [offset for (offset,) in rows]

    def reset(self, partition: int) -> None:
        """Make a partition begin again from the log's beginning."""
        with self._session.transaction() as cursor:
            cursor.execute(SQL["forget_watermark"], (EVENTS, partition))

    def write(self, batches: Sequence[PartitionBatch]) -> None:
        """Write the batches of some partitions in one transaction. Raises `Outrun` when any of them moved meanwhile."""
        with self._session.transaction() as cursor:
            outrun = [batch.partition for batch in sorted(batches, key=_partition) if not _advance(cursor, batch)]
            if outrun:
                raise Outrun(outrun)
            _write_runs(cursor, batches)
            _write_timers(cursor, batches)
            _write_counts(cursor, batches)
            _write_approvals(cursor, batches)


def _watermark(row: Row) -> Watermark:
    offset, head, command_offset, accepted, skipped = row
    return Watermark(offset=offset, head=bytes(head), command_offset=command_offset, accepted=accepted, skipped=skipped)


def _partition(batch: PartitionBatch) -> int:
    return batch.partition


def _advance(cursor: psycopg.Cursor[Row], batch: PartitionBatch) -> bool:
    before, after = batch.before, batch.after
    values = (after.offset, after.head, after.command_offset, after.accepted, after.skipped)
    return (
        cursor.execute(
            SQL["advance_watermark"], (*values, EVENTS, batch.partition, before.offset, before.head)
        ).rowcount
        == 1
    )


def _write_runs(cursor: psycopg.Cursor[Row], batches: Sequence[PartitionBatch]) -> None:
    if any(batch.runs for batch in batches):
        cursor.execute(SQL["stage_tables"])
        _copy(cursor, "copy_runs", chain.from_iterable(batch.runs for batch in batches))
        cursor.execute(SQL["upsert_runs"])
        _copy(cursor, "copy_commits", chain.from_iterable(batch.commits for batch in batches))
    if any(batch.snapshots for batch in batches):
        _copy(cursor, "copy_snapshots", chain.from_iterable(batch.snapshots for batch in batches))
    if any(batch.phases for batch in batches):
        _copy(cursor, "copy_phases", chain.from_iterable(batch.phases for batch in batches))


def _write_timers(cursor: psycopg.Cursor[Row], batches: Sequence[PartitionBatch]) -> None:
    gone = [timer for batch in batches for timer in batch.timers_gone]
    if gone:
        cursor.execute(SQL["delete_timers"], ([run_id for run_id, _ in gone], [timer_id for _, timer_id in gone]))
    if any(batch.timers_set for batch in batches):
        _copy(cursor, "copy_timers", chain.from_iterable(batch.timers_set for batch in batches))


def _write_counts(cursor: psycopg.Cursor[Row], batches: Sequence[PartitionBatch]) -> None:
    rows = [(batch.partition, *key, runs) for batch in batches for key, runs in batch.counts.items() if runs]
    if rows:
        cursor.execute(SQL["add_counts"], [list(column) for column in zip(*rows, strict=True)])


def _write_approvals(cursor: psycopg.Cursor[Row], batches: Sequence[PartitionBatch]) -> None:
    rows = [row for batch in batches for row in batch.approvals]
    if rows:
        cursor.executemany(SQL["upsert_approvals"], rows)


def _copy(cursor: psycopg.Cursor[Row], query: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(SQL[query]) as copy:
        for row in rows:
            copy.write_row(row)


def _forget(cursor: psycopg.Cursor[Row], partition: int) -> None:
    for table in PARTITION_TABLES:
        cursor.execute(f"delete from {table} where partition = %s", (partition,))  # noqa: S608
