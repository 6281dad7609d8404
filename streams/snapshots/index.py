"""Small topics as tables in Postgres: a Faust agent for definitions, another for dead letters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

import faust
from faust.types import TP

from infra.errors import RecordsMissing, Unreachable
from infra.event_log import EventLog
from schemas.codec import MalformedRecord, decode_as
from streams.snapshots.fold import LogRecord
from streams.snapshots.patience import Patience
from streams.transport import batch_of

LOG = logging.getLogger(__name__)
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexParts(Generic[Kind]):
    """What an index is made of. Adding the same records again changes nothing."""

    name: str
    kind: type[Kind]
    log: EventLog
    group: str
    #: Gives the offset to read next in a partition.
    next_offset: Callable[[int], int]
    #: Adds records of a partition with their offsets, and notes the last offset that was read.
    add: Callable[[int, Sequence[tuple[int, Kind]], int], None]


class IndexAgent(Generic[Kind]):
    """Feeds a table from a topic. What Postgres lacks below the group's committed offset is read from the log first."""

    def __init__(self, app: faust.App, parts: IndexParts[Kind]) -> None:
        self._app = app
        self._parts = parts
        self._patience = Patience(_nothing, _nothing, _nothing)
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._behind: set[int] = set()

    def register(self) -> None:
        """Add the agent and its hooks to the app, before it starts. `catch_up` is to be run beside it."""
        topic = self._app.topic(self._parts.log.topic, key_serializer="raw", value_serializer="raw")
        self._app.agent(topic, name=self._parts.name)(self.consume)
        self._app.on_partitions_assigned.connect(cast("Any", self._on_assigned))

    def not_ready(self) -> list[str]:
        """Give one sentence for each reason why this stage does not do its work now."""
        return [self._patience.waiting_for] if self._patience.waiting_for else []

    async def consume(self, stream: Any) -> None:
        """Take batches for ever."""
        async for event in stream.noack().events():
            async with self._turn:
                await self._catch_up_all()
                await self._add(event.message.partition, batch_of(event))
            event.ack()

    async def catch_up(self) -> None:
        """Read what Postgres lacks, after each assignment, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            async with self._turn:
                await self._catch_up_all()

    async def _catch_up_all(self) -> None:
        while self._behind:
            partition = min(self._behind)
            try:
                await self._read_missing(partition)
            except Unreachable as error:
                await self._patience.wait(error)
            except RecordsMissing as error:
                LOG.warning("%s: %s", self._parts.name, error)
                self._behind.discard(partition)
            else:
                self._behind.discard(partition)

    async def _read_missing(self, partition: int) -> None:
        log = self._parts.log
        start = await self._patience.until_done(lambda: self._parts.next_offset(partition))
        ends = await self._patience.until_done_beside(log.ends)
        committed = await self._patience.until_done_beside(lambda: log.committed(self._parts.group))
        start = max(start, ends[partition].low)
        batches = log.read(partition, start, committed.get(partition, 0))
        while batch := await asyncio.to_thread(next, batches, None):
            await self._add(partition, batch)

    async def _add(self, partition: int, records: Sequence[LogRecord]) -> None:
        found: list[tuple[int, Kind]] = []
        for record in records:
            try:
                found.append((record.offset, decode_as(self._parts.kind, record.value)))
            except MalformedRecord as error:
                LOG.warning("%s, offset %d: %s", self._parts.log.topic, record.offset, error.reason)
        await self._patience.until_done(partial(self._parts.add, partition, found, records[-1].offset))

    async def _on_assigned(self, _app: faust.App, assigned: Iterable[TP], **_: Any) -> None:
        self._behind = {tp.partition for tp in assigned if tp.topic == self._parts.log.topic}
        self._wake.set()


def _nothing() -> None:
    """Do nothing."""
