"""The Faust table of runs: its changelog is the events topic itself, its store is the fold of that topic.

Nothing is written twice: the orchestrator writes commits, and a table anywhere is rebuilt from them. The stage does
that itself, in batches, from where Postgres stands (see `takeover`); Faust is told that the table is up to date with
the log as it was when the partition was assigned: its own recovery can wait for ever for a record that it lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import faust
from faust.stores.base import Store
from faust.types import TP, EventT

from engine.errors import CorruptHistory
from infra.errors import InfrastructureError
from streams.metrics import Metrics
from streams.orchestrator.partition import Loader, Partition, SnapshotsAway, from_beginning, from_watermark
from streams.orchestrator.ports import SnapshotSource, Watermark
from streams.orchestrator.runs import Runs
from streams.transport import batch_of

LOG = logging.getLogger(__name__)

#: Gives the end of each partition of the events topic. Raises `InfrastructureError`. Called in a thread.
ReadEnds = Callable[[], Mapping[int, int]]


class Partitions:
    """The partitions this process works on, by number."""

    def __init__(self, source: SnapshotSource | None, run_limit: int, metrics: Metrics) -> None:
        self.source = source
        self.metrics = metrics
        self._run_limit = run_limit
        self._open: dict[int, Partition] = {}
        #: Why a partition is stopped, by number.
        self.stopped: dict[int, str] = {}

    def get(self, number: int) -> Partition | None:
        """Give a partition if it is open."""
        return self._open.get(number)

    def open(self, number: int) -> Partition:
        """Give a partition, as Postgres knows it if it was not open."""
        found = self._open.get(number)
        if found is None:
            found = self._open[number] = self._from_postgres(number)
        return found

    def rebuild(self, number: int) -> Partition:
        """Give a partition to be folded from the log's beginning, with all its runs in memory: Postgres is away."""
        found = self._open[number] = from_beginning(number, self._runs())
        return found

    def distrust(self, partition: Partition, error: CorruptHistory) -> None:
        """Fold a partition anew from the log if Postgres may be what is wrong, else stop it."""
        if partition.is_from_log:
            LOG.critical("partition %d is stopped: %s", partition.number, error)
            self.stopped[partition.number] = str(error)
        else:
            LOG.error("partition %d does not follow what Postgres says, reading the log: %s", partition.number, error)
            self.rebuild(partition.number)

    def drop(self, number: int) -> None:
        """Forget a partition."""
        self._open.pop(number, None)

    def stored(self, number: int, run_ids: Any) -> Any:
        """Give runs from Postgres. Raises `SnapshotsAway`, also when Postgres has less than it had."""
        if self.source is None:
            return {}
        try:
            found = self.source.load_runs(number, run_ids)
            watermark = self.source.watermark(number) if len(found) < len(run_ids) else None
        except ConnectionError as error:
            raise SnapshotsAway(str(error)) from error
        if len(found) < len(run_ids):
            self._check_whole(number, watermark)
        self.metrics.runs_loaded.inc(len(found))
        return found

    def _check_whole(self, number: int, watermark: Watermark | None) -> None:
        """A run that Postgres does not know is new only if Postgres still holds all that was left to it."""
        partition = self._open.get(number)
        relied_on = partition.relied_on_offset if partition is not None else -1
        held = watermark.offset if watermark is not None else -1
        if held < relied_on:
            raise SnapshotsAway(f"expected Postgres to hold the log up to offset {relied_on}, found {held}")

    @property
    def loader(self) -> Loader:
        """Gives runs from Postgres."""
        return self.stored

    def _from_postgres(self, number: int) -> Partition:
        try:
            watermark = self.source.watermark(number) if self.source else None
        except ConnectionError as error:
            LOG.warning("partition %d is read from the log alone: %s", number, error)
            watermark = None
        if watermark is None or watermark.offset < 0:
            return from_beginning(number, self._runs())
        return from_watermark(number, watermark, self._runs())

    def _runs(self) -> Runs:
        return Runs(limit=self._run_limit)

    def __iter__(self) -> Iterator[Partition]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)


class RunsStore(Store):  # type: ignore[type-arg]
    """What Faust sees of the partitions: where each has come to, and batches to fold."""

    def __init__(self, *arguments: Any, partitions: Partitions, read_ends: ReadEnds, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._partitions = partitions
        self._read_ends = read_ends
        self._ends: Mapping[int, int] = {}

    def persisted_offset(self, tp: TP) -> int | None:
        """Give the offset from which on Faust has to read: the end of the log, as far as that is known."""
        end = self._ends.get(tp.partition, 0)
        return end - 1 if end else None

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT[Any]],
        to_key: Callable[[Any], Any],  # noqa: ARG002 - Faust's signature
        to_value: Callable[[Any], Any],  # noqa: ARG002
    ) -> None:
        """Fold what recovery read. What cannot be folded is left to the stage, which reads the rest itself."""
        for event in batch:
            records = batch_of(event)
            self._fold(records[0].partition, [(record.offset, record.value) for record in records])

    def _fold(self, number: int, records: list[tuple[int, bytes | None]]) -> None:
        partition = self._partitions.open(number)
        if records[0][0] > partition.next_offset or partition.is_ahead:
            return
        metrics = self._partitions.metrics
        began_at = time.perf_counter()
        try:
            folded = partition.fold(records, self._partitions.loader)
        except SnapshotsAway as error:
            LOG.warning("partition %d will be read from the log alone: %s", number, error)
            self._partitions.rebuild(number)
            return
        except CorruptHistory as error:
            self._partitions.distrust(partition, error)
            return
        metrics.recovered_events.inc(folded.accepted)
        metrics.skipped.inc(folded.skipped)
        metrics.recovery_seconds.observe(time.perf_counter() - began_at)
        metrics.progress.note()

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],
        newly_assigned: set[TP],  # noqa: ARG002 - Faust's signature
        generation_id: int = 0,  # noqa: ARG002
    ) -> None:
        """Forget the partitions that went to somebody else, open those that are ours, see where the log ends."""
        for tp in revoked:
            self._partitions.drop(tp.partition)
            self._partitions.stopped.pop(tp.partition, None)
        for tp in assigned:
            self._partitions.open(tp.partition)
        self._partitions.metrics.partitions.set(len(self._partitions))
        try:
            self._ends = await asyncio.to_thread(self._read_ends)
        except InfrastructureError as error:
            LOG.warning("the ends of the log are not known, Faust will read it: %s", error)
            self._ends = {}

    def reset_state(self) -> None:
        """Do nothing: partitions are dropped one by one."""

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """Do nothing: the log is the backup."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """Do nothing: the log is the backup."""

    def __getitem__(self, key: Any) -> Any:
        raise KeyError(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("runs change by commits alone")

    def __delitem__(self, key: Any) -> None:
        raise TypeError("runs change by commits alone")

    def __iter__(self) -> Iterator[Any]:
        return (state.run_id for partition in self._partitions for state in partition.runs)

    def __len__(self) -> int:
        return sum(len(partition.runs) for partition in self._partitions)


class RunsTable(faust.Table):  # type: ignore[type-arg]
    """The table of runs."""

    def __init__(self, *arguments: Any, partitions_of_runs: Partitions, read_ends: ReadEnds, **options: Any) -> None:
        self._partitions_of_runs = partitions_of_runs
        self._read_ends = read_ends
        super().__init__(*arguments, **options)

    def _new_store(self) -> RunsStore:
        return RunsStore("memory://", self.app, self, partitions=self._partitions_of_runs, read_ends=self._read_ends)
