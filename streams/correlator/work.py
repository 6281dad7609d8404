"""What the correlator does: with a fetch of events, with new subscriptions, and with a partition it takes over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from engine.commands import Command
from engine.messages import OpenSubscription
from infra.errors import InfrastructureError
from infra.kafka import KafkaConnection, RawMessage, committed_offsets, offsets_at, read_range, watermarks
from schemas import codec
from schemas.cloudevents import NotACloudEvent, from_record
from schemas.partitioning import partition_of
from schemas.records import DeadLetter
from streams.correlator.desk import ACTOR, Desk, Seen, deliveries
from streams.correlator.store import Desks
from streams.metrics import Metrics
from streams.outbox import Delivery, Outbox, Outgoing
from streams.transport import Record

LOG = logging.getLogger(__name__)

RETRY_S = 0.5
#: Records that are written before the broker's answer is waited for.
PORTION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The correlator's topics, and how many partitions those of events and subscriptions have."""

    cloudevents: str
    subscriptions: str
    commands: str
    dead_letters: str
    partitions: int


@dataclass(slots=True, kw_only=True)
class Work:
    """The correlator's work on the partitions of this process."""

    connection: KafkaConnection
    group: str
    names: Names
    desks: Desks
    outbox: Outbox
    metrics: Metrics
    #: Whether this process still works on a partition.
    is_ours: Callable[[int], bool]
    #: Offset of the first event of a partition that is not matched yet.
    _positions: dict[int, int] = field(default_factory=dict)

    async def do(self, records: Sequence[Record]) -> bool:
        """Deliver a fetch of events; tell whether it may be acknowledged: not when the partition was taken away."""
        number = records[0].partition
        desk = self.desks.get(number)
        if desk is None:
            return False
        await self._until_settled(desk, records[0].offset)
        self._positions[number] = records[-1].offset + 1
        return await self._send_all(number, self._matched(desk, records))

    async def keep_welcoming(self) -> None:
        """Give new subscriptions the events that came before them, for ever."""
        while True:
            await self.desks.changed.wait()
            self.desks.changed.clear()
            try:
                for desk in self.desks:
                    await self._welcome(desk)
            except InfrastructureError as error:
                LOG.warning("new subscriptions have to wait: %s", error)
                await asyncio.sleep(RETRY_S)
                self.desks.changed.set()

    async def _welcome(self, desk: Desk) -> None:
        if not desk.is_recovered:
            return
        await self._settle(desk)
        new, desk.new = desk.new, []
        late = [found for found in new if desk.is_late(found)]
        commands = desk.remembered([found for found in new if not desk.is_late(found)])
        try:
            await self._send_all(desk.number, map(self._command, commands))
            await self._again(desk, late)
        except InfrastructureError:
            desk.new = [*new, *desk.new]
            raise

    def _matched(self, desk: Desk, records: Iterable[Record]) -> Iterator[Outgoing]:
        for record in records:
            try:
                event = from_record(record.headers, record.value)
            except NotACloudEvent as problem:
                yield self._dead_letter(record, str(problem))
                continue
            if partition_of(event.event_type.encode(), self.names.partitions) != desk.number:
                yield self._forwarded(record, event.event_type)
                continue
            for command in desk.take(Seen(event, record.timestamp)):
                yield self._command(command)

    async def _until_settled(self, desk: Desk, position: int) -> None:
        while not desk.is_settled and self.desks.get(desk.number) is desk:
            try:
                await self._settle(desk, position)
            except InfrastructureError as error:
                LOG.warning("partition %d has to wait: %s", desk.number, error)
                await asyncio.sleep(RETRY_S)

    async def _settle(self, desk: Desk, position: int | None = None) -> None:
        """Give the subscriptions that the process before this one may not have known what came before this one."""
        if desk.is_settled:
            return
        desk.is_settled = True
        try:
            start = await self._position(desk.number) if position is None else position
            self._positions[desk.number] = start
            last = await asyncio.to_thread(self._last_before, desk.number, start)
            if last is not None:
                desk.forgotten_at_ms = max(desk.forgotten_at_ms, last)
                await self._again(desk, desk.uncertain(last))
        except BaseException:
            desk.is_settled = False
            raise

    async def _position(self, number: int) -> int:
        topic = self.names.cloudevents
        done = await asyncio.to_thread(committed_offsets, self.connection, self.group, topic)
        if number in done:
            return done[number]
        return (await asyncio.to_thread(watermarks, self.connection, topic))[number].low

    def _last_before(self, number: int, position: int) -> int | None:
        """Give the timestamp of the last event before an offset, `None` if there is none."""
        low = watermarks(self.connection, self.names.cloudevents)[number].low
        if position <= low:
            return None
        batches = read_range(self.connection, (self.names.cloudevents, number), position - 1, position)
        return next((message.timestamp()[1] for batch in batches for message in batch), None)

    async def _again(self, desk: Desk, late: Sequence[OpenSubscription]) -> None:
        """Deliver events that are not in memory: they are read from the log again."""
        if not late:
            return
        LOG.info("partition %d: %d subscriptions came late, events are read again", desk.number, len(late))
        since = datetime.fromtimestamp(min(found.opened_at_ms for found in late) / 1000, UTC)
        topic, end = self.names.cloudevents, self._positions[desk.number]
        start = (await asyncio.to_thread(offsets_at, self.connection, topic, since))[desk.number]
        batches = read_range(self.connection, (topic, desk.number), start, end)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            seen = [each for each in map(_seen, batch) if each is not None]
            await self._send_all(desk.number, map(self._command, deliveries(seen, late, desk.evaluator)))

    async def _send_all(self, number: int, outgoing: Iterator[Outgoing]) -> bool:
        """Write records in portions: one event can be for very many."""
        while portion := list(islice(outgoing, PORTION)):
            if not await self._send(number, portion):
                return False
            await asyncio.sleep(0)
        return True

    async def _send(self, number: int, outgoing: Sequence[Outgoing]) -> bool:
        """Write records until the broker has them all; give up when the partition was taken away."""
        while outgoing:
            delivery = Delivery()
            self.outbox.write(outgoing, delivery)
            await self.outbox.flush()
            if not delivery.errors:
                self.metrics.produced.inc(len(outgoing))
                self.metrics.progress.note()
                return True
            LOG.warning("partition %d: not sent, will try again: %s", number, delivery.errors[0])
            self.outbox.renew()
            await asyncio.sleep(RETRY_S)
            if not self.is_ours(number):
                return False
        return True

    def _command(self, command: Command) -> Outgoing:
        return Outgoing(topic=self.names.commands, key=command.run_id.encode(), value=codec.encode(command))

    def _forwarded(self, record: Record, kind: str) -> Outgoing:
        """Give an event that was written with another key than its type once more, to where its type is looked for."""
        return Outgoing(
            topic=self.names.cloudevents, key=kind.encode(), value=record.value, headers=tuple(record.headers)
        )

    def _dead_letter(self, record: Record, reason: str) -> Outgoing:
        self.metrics.dead_letters.inc()
        letter = DeadLetter(
            stage=ACTOR,
            reason=reason[:4000],
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            at_ms=record.timestamp,
            record_key=record.key,
            record_value=record.value,
        )
        return Outgoing(topic=self.names.dead_letters, key=ACTOR.encode(), value=codec.encode(letter))


def _seen(message: RawMessage) -> Seen | None:
    try:
        return Seen(from_record(message.headers() or (), message.value()), message.timestamp()[1])
    except NotACloudEvent:
        return None
