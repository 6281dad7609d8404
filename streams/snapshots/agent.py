"""The snapshots stage as a Faust agent: takes batches, writes by size and time, acknowledges what is written.

Where to begin is told by the watermarks in Postgres. The group's committed offset only tells where Faust begins: what
lies before it and is not in Postgres (which was away, emptied, or restored from a backup) is read from the log itself,
and what Postgres has already is left out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import faust
from faust.types import TP, EventT

from infra.errors import RecordsMissing, Unreachable
from infra.event_log import EventLog
from schemas.records import DeadLetter
from streams.metrics import Metrics
from streams.snapshots.figures import Figures
from streams.snapshots.fold import Malformed
from streams.snapshots.patience import Patience
from streams.snapshots.stage import RecordsSkipped, SnapshotsStage
from streams.transport import batch_of

STAGE = "snapshots"

_ANOTHER_LOG = (
    "Postgres has records up to offset {}, the log ends before {}: it is another log, or lost its end;"
    " drop the database, it is rebuilt from the log"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentParts:
    """What the agent works with. `flush_after_s` is how long a commit waits for others before it is written."""

    stage: SnapshotsStage
    log: EventLog
    group: str
    metrics: Metrics
    flush_after_s: float = 0.2


class SnapshotsAgent:
    """Feeds a stage from Faust."""

    def __init__(self, app: faust.App, parts: AgentParts) -> None:
        self._app = app
        self._parts = parts
        self._stage = parts.stage
        self._patience = Patience(self._pause, self._resume, parts.metrics.progress.note)
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._assigned: set[int] = set()
        #: Partitions to read up to an offset besides what Faust brings; `None` for the group's committed offset.
        self._behind: dict[int, int | None] = {}
        self._unacknowledged: list[EventT[Any]] = []
        self._figures = Figures(parts.stage, parts.metrics)

    def register(self) -> None:
        """Add the agent and its hooks to the app, before it starts. `keep_writing` is to be run beside it."""
        topic = self._app.topic(self._parts.log.topic, key_serializer="raw", value_serializer="raw")
        self._app.agent(topic, name=STAGE)(self.consume)
        self._app.on_partitions_assigned.connect(cast("Any", self._on_assigned))
        self._app.on_partitions_revoked.connect(cast("Any", self._on_revoked))

    def working_on(self) -> set[int]:
        """Give the partitions that are assigned to this process and not halted."""
        return self._assigned - self._stage.halted.keys()

    def not_ready(self) -> list[str]:
        """Give one sentence for each reason why this stage does not do its work now."""
        waiting = self._patience.waiting_for
        return [*self._stage.halted.values(), *([waiting] if waiting else [])]

    async def consume(self, stream: Any) -> None:
        """Take batches for ever."""
        async for event in stream.noack().events():
            began_at = time.monotonic()
            records = batch_of(event)
            async with self._turn:
                await self._take(event)
            self._parts.metrics.batch(len(records), time.monotonic() - began_at)

    async def keep_writing(self) -> None:
        """Write what waits, and catch up with partitions that are behind the group's committed offset, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            async with self._turn:
                await self._catch_up_all()
            await asyncio.sleep(self._parts.flush_after_s)
            async with self._turn:
                await self._flush()

    async def _take(self, event: EventT[Any]) -> None:
        partition = event.message.partition
        if partition not in self._assigned:
            return
        records = batch_of(event)
        self._figures.taken(records[0].timestamp)
        self._unacknowledged.append(event)
        while partition in self._assigned:
            try:
                await self._patience.until_done(lambda: self._stage.take(partition, records))
                break
            except RecordsSkipped as gap:
                await self._read_between(partition, gap.found)
        self._wake.set()
        if self._stage.is_full:
            await self._flush()

    async def _flush(self) -> None:
        began_at, records = time.monotonic(), self._stage.pending
        read_to = {event.message.partition: event.message.offset + 1 for event in self._unacknowledged}
        outrun = await self._patience.until_done(self._stage.flush)
        self._figures.written(records, time.monotonic() - began_at)
        if outrun:
            self._behind |= {partition: read_to.get(partition) for partition in outrun}
            self._wake.set()
        written, self._unacknowledged = self._unacknowledged, []
        for event in written:
            event.ack()

    async def _catch_up_all(self) -> None:
        behind, self._behind = self._behind, {}
        if not behind:
            return
        committed = await self._patience.until_done_beside(lambda: self._parts.log.committed(self._parts.group))
        starts = {partition: await self._next_offset(partition) for partition in behind if partition in self._assigned}
        ends = await self._patience.until_done_beside(self._parts.log.ends)
        for partition, start in starts.items():
            if start > ends[partition].high:
                self._stage.halt(partition, _ANOTHER_LOG.format(start - 1, ends[partition].high))
            wanted = behind[partition]
            await self._read_between(partition, committed.get(partition, 0) if wanted is None else wanted)

    async def _next_offset(self, partition: int) -> int:
        return await self._patience.until_done(lambda: self._stage.next_offset(partition))

    async def _read_between(self, partition: int, end: int) -> None:
        """Read what lies before `end` and is not in Postgres from the log itself."""
        while partition in self._assigned and partition not in self._stage.halted:
            start = await self._next_offset(partition)
            if start >= end:
                return
            try:
                found = await self._read_some(partition, start, end)
            except RecordsMissing as error:
                self._stage.halt(partition, str(error))
            except RecordsSkipped:
                continue
            except Unreachable as error:
                await self._patience.wait(error)
            else:
                if not found:
                    self._stage.skip_to(partition, end)

    async def _read_some(self, partition: int, start: int, end: int) -> int:
        """Read a range and give how many records there were. Ends early when the partition is revoked."""
        found = 0
        batches = self._parts.log.read(partition, start, end)
        # In a thread: a broker that went away is waited for, and the loop has to stay free. An error ends the read.
        while batch := await asyncio.to_thread(next, batches, None):
            found += len(batch)
            await self._patience.until_done(partial(self._stage.take, partition, batch))
            if self._stage.is_full:
                await self._patience.until_done(self._stage.flush)
            self._parts.metrics.progress.note()
            await asyncio.sleep(0)
            if partition not in self._assigned:
                break
        return found

    async def _on_assigned(self, _app: faust.App, assigned: Iterable[TP], **_: Any) -> None:
        self._assigned = {tp.partition for tp in assigned if tp.topic == self._parts.log.topic}
        for partition in self._assigned:
            self._stage.drop(partition)
        self._behind = dict.fromkeys(self._assigned)
        self._parts.metrics.partitions.set(len(self._assigned))
        self._wake.set()

    async def _on_revoked(self, _app: faust.App, revoked: Iterable[TP], **_: Any) -> None:
        gone = {tp.partition for tp in revoked if tp.topic == self._parts.log.topic}
        self._assigned -= gone
        self._unacknowledged = [event for event in self._unacknowledged if event.message.partition not in gone]
        for partition in gone:
            self._stage.drop(partition)

    def _tps(self) -> set[TP]:
        return {TP(self._parts.log.topic, partition) for partition in self._assigned}

    def _pause(self) -> None:
        self._app.consumer.pause_partitions(self._tps())

    def _resume(self) -> None:
        self._app.consumer.resume_partitions(self._tps() & self._app.consumer.assignment())


def report_malformed(topic: str, send: Callable[[DeadLetter], None]) -> Callable[[int, Malformed], None]:
    """Give what turns a record that cannot be read into a dead letter."""

    def report(partition: int, found: Malformed) -> None:
        send(
            DeadLetter(
                stage=STAGE,
                reason=found.reason,
                topic=topic,
                partition=partition,
                offset=found.record.offset,
                at_ms=int(time.time() * 1000),
                record_value=found.record.value,
            )
        )

    return report
