"""What the orchestrator does with one fetch of a partition: the protocol, step by step.

1. Take everything the fetch brought, in order.
2. Skip commands the log has commits for.
3. Decide: every command becomes one commit, each with the digest of the one before.
4. Flush once. The commits must lie directly behind the last known one, else somebody else wrote: forget the partition,
   recover it, begin again.
5. Only then react, and flush.
6. Acknowledge.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from engine.decide import World
from engine.errors import CorruptHistory
from engine.messages import Message
from engine.react import react
from infra.errors import InfrastructureError
from schemas.records import DeadLetter
from streams.failpoints import FailPoints
from streams.metrics import Metrics
from streams.orchestrator.decisions import (
    Decided,
    Decisions,
    dead_letter,
    decide_all,
    definitions_wanted,
    early_timers,
    follow_two,
    read_commands,
)
from streams.orchestrator.definitions import Definitions
from streams.orchestrator.partition import Partition, SnapshotsAway
from streams.orchestrator.reactions import Reactions
from streams.orchestrator.store import Partitions
from streams.orchestrator.takeover import TakeOver
from streams.orchestrator.timer_service import TimerService
from streams.outbox import Delivery, Outbox, Outgoing
from streams.transport import Record

LOG = logging.getLogger(__name__)

RETRY_S = 0.5
#: A batch that takes longer than this may be somebody else's by now: its reactions are looked at anew.
FROZEN_S = 8.0
#: How often it is looked for partitions that were just assigned.
SETTLE_S = 0.25


@dataclass(slots=True, kw_only=True)
class Work:
    """The orchestrator's work on the partitions of this process."""

    world: World
    definitions: Definitions
    timers: TimerService
    events_topic: str
    partitions: Partitions
    outbox: Outbox
    reactions: Reactions
    take_over: TakeOver
    metrics: Metrics
    fail_points: FailPoints
    #: Whether this process still works on a partition.
    is_ours: Callable[[int], bool]
    #: One at a time: a batch, or the recovery of a partition.
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def do(self, records: Sequence[Record]) -> bool:
        """Do everything one fetch asks for; tell whether it may be acknowledged.

        Comes back without having done it only when the partition was taken away or is stopped.
        """
        number = records[0].partition
        while self.is_ours(number) and number not in self.partitions.stopped:
            async with self._turn:
                if await self._guarded(number, lambda partition: self._attempt(partition, records)):
                    return True
        return False

    async def settle(self) -> None:
        """Bring partitions that were just assigned to the end of the log, for ever, so that their timers ring."""
        while True:
            await asyncio.sleep(SETTLE_S)
            for partition in self.partitions:
                number = partition.number
                if not partition.is_recovered and self.is_ours(number) and number not in self.partitions.stopped:
                    async with self._turn:
                        await self._guarded(number, self._settle)

    async def _guarded(self, number: int, work: Callable[[Partition], Awaitable[bool]]) -> bool:
        """Do some work on a partition; tell whether it is done. What went wrong is set right for the next time."""
        try:
            return await work(self.partitions.open(number))
        except SnapshotsAway as error:
            LOG.warning("partition %d is read from the log alone: %s", number, error)
            self.partitions.rebuild(number)
        except CorruptHistory as error:
            self.partitions.distrust(self.partitions.open(number), error)
        except InfrastructureError as error:
            LOG.warning("partition %d has to wait: %s", number, error)
            await asyncio.sleep(RETRY_S)
        return False

    async def _settle(self, partition: Partition) -> bool:
        await self.take_over.catch_up(partition)
        self.timers.arm_all(partition)
        return True

    async def _attempt(self, partition: Partition, records: Sequence[Record]) -> bool:
        number, began_at = partition.number, time.monotonic()
        partition.clock.observe(records[-1].timestamp)
        if partition.is_fresh and not await self._take_over(partition, records[0]):
            return False
        commands, letters = read_commands(records, partition.command_offset, self.reactions.partitions)
        if follow_two(commands):
            self.definitions.catch_up()
        else:
            self.definitions.ensure(definitions_wanted(commands))
        decisions = decide_all(partition, commands, self.world, self.partitions.loader)
        letters += _letters(records, decisions.poison)
        if not await self._write_commits(partition, decisions.decided, letters):
            return False
        self.fail_points.reach("after_check_before_react")
        if time.monotonic() - began_at > FROZEN_S:
            LOG.warning("partition %d: this process stood still; taking it over again", number)
            partition.is_fresh = True
            return False
        if not await self._send(partition, self._messages(decisions.decided)):
            return False
        self.fail_points.reach("after_react_before_ack")
        self._count(partition, decisions)
        return True

    async def _take_over(self, partition: Partition, first: Record) -> bool:
        """Bring the partition to the end of the log and send again what may not have been sent; tell whether it was."""
        end = await self.take_over.catch_up(partition)
        self.definitions.catch_up()
        messages = await self.take_over.messages_to_repeat(partition, first, end)
        partition.is_fresh = False
        if not await self._send(partition, messages):
            return False
        self.timers.arm_all(partition)
        return self.partitions.get(partition.number) is partition

    async def _write_commits(
        self, partition: Partition, decided: Sequence[Decided], letters: Sequence[DeadLetter]
    ) -> bool:
        """Write commits and check where they came to lie; tell whether nobody else wrote.

        Dead letters go first: once a later command is in the log, nobody looks at a record before it again.
        """
        if letters and not await self._bury(partition, letters):
            return False
        if not decided:
            return True
        self.fail_points.reach("after_decide_before_produce")
        delivery = Delivery()
        number, topic = partition.number, self.events_topic
        self.outbox.write(
            (Outgoing(topic=topic, key=d.command.run_id.encode(), value=d.value, partition=number) for d in decided),
            delivery,
        )
        await self.outbox.flush()
        self.fail_points.reach("after_produce_before_check")
        self.metrics.flush_seconds.observe(self.outbox.flush_s)
        if self.partitions.get(number) is not partition:
            return False
        if not delivery.follows(partition.next_offset, len(decided)):
            self._conflict(partition, delivery)
            return False
        partition.is_ahead = False
        partition.next_offset += len(decided)
        partition.command_offset = decided[-1].command.offset
        return True

    def _conflict(self, partition: Partition, delivery: Delivery) -> None:
        LOG.warning(
            "partition %d: expected commits from offset %d on, found %s; recovering it",
            partition.number,
            partition.next_offset,
            delivery.errors[:1] or delivery.offsets[:1],
        )
        self.metrics.conflicts.inc()
        self.partitions.drop(partition.number)
        if delivery.errors:
            self.outbox.renew()

    def _messages(self, decided: Iterable[Decided]) -> Iterable[Message]:
        for each in decided:
            try:
                yield from react(each.state, each.commit)
            except Exception:  # a bug in the rules: the commit stands, its partition goes on
                LOG.exception("no reaction to a commit of run %s", each.command.run_id)
                self.metrics.poison.inc()

    async def _bury(self, partition: Partition, letters: Sequence[DeadLetter]) -> bool:
        delivery = Delivery()
        self.outbox.write(self.reactions.dead_letters(letters), delivery)
        await self.outbox.flush()
        if delivery.errors:
            self._conflict(partition, delivery)
            return False
        self.metrics.dead_letters.inc(len(letters))
        return True

    async def _send(self, partition: Partition, messages: Iterable[Message]) -> bool:
        """Send the reactions; tell whether the broker has them all."""
        delivery = Delivery()
        timers = len(partition.timers)
        records = list(self.reactions.records(partition, messages))
        if len(partition.timers) != timers:
            self.timers.wake()
        if records:
            self.outbox.write(records, delivery)
            await self.outbox.flush()
        if delivery.errors:
            LOG.warning("partition %d: not sent: %s", partition.number, delivery.errors[0])
            partition.is_fresh = True
            self.outbox.renew()
            return False
        self.metrics.produced.inc(len(records))
        return True

    def _count(self, partition: Partition, decisions: Decisions) -> None:
        for decided in decisions.decided:
            if decided.is_rejected:
                self.metrics.rejected.inc()
                for timer_id, fire_at_ms in early_timers(decided):
                    partition.clock.correct(decided.command.at_ms)
                    partition.timers.arm(decided.command.run_id, timer_id, fire_at_ms)
                    self.timers.wake()
        self.metrics.accepted.inc(len(decisions.decided))
        self.metrics.poison.inc(len(decisions.poison))


def _letters(records: Sequence[Record], poison: Sequence[tuple[int, str]]) -> list[DeadLetter]:
    if not poison:
        return []
    by_offset = {record.offset: record for record in records}
    return [dead_letter(by_offset[offset], reason) for offset, reason in poison]
