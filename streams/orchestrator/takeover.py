"""Taking a partition over, and taking it up again after a conflict: fold to the end of the log, then send again.

The group's committed offset says which commands are not known to be done with. Their commits may be in the log while
their reactions were never sent, so those of every commit whose `command_offset` is at or after it are sent again.
Where those commits begin in the events topic is told by time: a commit is appended after its command was.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.chain import digest
from engine.events import Commit
from engine.messages import Message
from engine.react import react
from infra.kafka import KafkaConnection, RawMessage, offsets_at, read_range, watermarks
from schemas import codec
from streams.metrics import Metrics
from streams.orchestrator.partition import Partition
from streams.orchestrator.store import Partitions
from streams.transport import Record

LOG = logging.getLogger(__name__)

#: How far the clocks of two brokers may differ.
CLOCKS_DIFFER_MS = 10_000


@dataclass(slots=True, kw_only=True)
class TakeOver:
    """Brings partitions to the end of the log and says what has to be sent again."""

    connection: KafkaConnection
    events_topic: str
    partitions: Partitions
    metrics: Metrics

    def read_ends(self) -> dict[int, int]:
        """Give the end of each partition of the events topic."""
        return {number: ends.high for number, ends in watermarks(self.connection, self.events_topic).items()}

    async def catch_up(self, partition: Partition) -> int:
        """Fold what the log has beyond the partition's state; give the end of the log. Raises `SnapshotsAway`."""
        began_at = time.perf_counter()
        end = (await asyncio.to_thread(self.read_ends))[partition.number]
        async for batch in self._read(partition.number, partition.next_offset, end):
            records = [(message.offset(), message.value()) for message in batch]
            folded = partition.fold(records, self.partitions.loader)
            self.metrics.recovered_events.inc(folded.accepted)
            self.metrics.skipped.inc(folded.skipped)
            self.metrics.progress.note()
        self.metrics.recovery_seconds.observe(time.perf_counter() - began_at)
        return end

    async def messages_to_repeat(self, partition: Partition, first: Record, end: int) -> list[Message]:
        """Give the messages of all commits of commands from `first` on, which the group has not acknowledged."""
        if first.offset > partition.command_offset:
            return []
        commits = await self._commits_since(partition, first, end)
        partition.load({commit.run_id for commit in commits}, self.partitions.loader)
        LOG.info("partition %d: reactions of %d commits are sent again", partition.number, len(commits))
        return [message for commit in commits for message in react(partition.state_of(commit.run_id), commit)]

    async def _commits_since(self, partition: Partition, first: Record, end: int) -> list[Commit]:
        since = datetime.fromtimestamp((first.timestamp - CLOCKS_DIFFER_MS) / 1000, UTC)
        start = (await asyncio.to_thread(offsets_at, self.connection, self.events_topic, since))[partition.number]
        values: list[bytes] = []
        async for batch in self._read(partition.number, start, end):
            values += [message.value() or b"" for message in batch]
        found = accepted_backwards(values, partition.chain.head)
        return [commit for commit in found if commit.command_offset >= first.offset]

    async def _read(self, number: int, start: int, end: int) -> AsyncIterator[list[RawMessage]]:
        """Yield the records of a range. The waiting is done in a thread: it is long, and there are few batches."""
        batches = read_range(self.connection, (self.events_topic, number), start, end)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            yield batch


def accepted_backwards(values: Sequence[bytes], head: bytes) -> list[Commit]:
    """Give those commits among `values` that lead to `head`, in order: the chain, followed from its end."""
    found: list[Commit] = []
    for value in reversed(values):
        if digest(value) == head:
            commit = codec.decode_as(Commit, value)
            found.append(commit)
            head = commit.parent
    return found[::-1]
