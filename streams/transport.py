"""A Faust transport that hands a stream everything one fetch brought for a partition as one message.

Faust's cost is per message: several tasks and turns of the loop each. Here a message is a batch of records, so that
cost is paid once for hundreds of them. What else differs from Faust's own transport:

- Acknowledgement is in order. A batch counts as done when it and all batches before it are acknowledged, so the
  committed offset is the last one that is done, plus 1. Faust's own arithmetic with gaps is not used.
- Every fetch must begin where the last one ended. Where it does not (records fetched before a seek), the consumer
  seeks back to what it expects; where the log itself has a hole there (retention, compaction), it goes on behind it.
- A commit of offsets that fails because the broker is away is tried again later, instead of ending the process.

Use: `broker="kafkabatch://host:port"`, then `async for event in stream.noack().events(): batch = batch_of(event)`.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, cast

from aiokafka.errors import KafkaError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, EventT, Message

from streams import coordinator
from streams.consumer_thread import ConsumerThread, Record

__all__ = ["SCHEME", "Consumer", "ConsumerThread", "Record", "Transport", "batch_of"]

SCHEME = "kafkabatch"
TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
coordinator.install()

LOG = logging.getLogger(__name__)


def batch_of(event: EventT[Any]) -> Sequence[Record]:
    """Give the records of an event, in order; never empty. All are of one partition."""
    return cast("Sequence[Record]", event.message.value)


class Consumer(driver.Consumer):
    """The consumer: whole fetches out, in-order acknowledgements in."""

    _thread: ConsumerThread

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: Messages given to streams and not yet done, by partition, in order.
        self._given: defaultdict[TP, deque[Message]] = defaultdict(deque)
        #: The offset the next fetch of a partition must begin with.
        self._expected: dict[TP, int] = {}
        #: Where a fetch began that was refused because it did not begin with the expected offset.
        self._refused: dict[TP, int] = {}
        #: Partitions to resume when the rebalance is over.
        self._to_resume: set[TP] = set()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Yield one message for each partition that a fetch brought something for."""
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if not records or self.should_stop:
            return
        if not self.flow_active:
            await self._thread.give_back(records)
            await self._seek_back_quietly()
            return
        wanted = set(active or ()) | self._buffered_partitions
        unused = dict(records)
        for tp, fetched in records.items():
            if self._is_stale(generation):
                break
            if tp in wanted:
                del unused[tp]
                batch = await self._in_sequence(tp, fetched)
                if batch:
                    yield tp, self._message(tp, batch, generation)
        if unused:
            await self._thread.give_back(unused)

    def _is_stale(self, generation: int) -> bool:
        return not self.flow_active or self.app.consumer_generation_id != generation

    async def _seek_back_quietly(self) -> None:
        try:
            await self.perform_seek()
        except KafkaError as error:
            LOG.warning("could not seek to the committed offsets, will try again: %s", error)

    async def _in_sequence(self, tp: TP, fetched: Sequence[Record]) -> Sequence[Record]:
        """Give what of a fetch follows directly what was given before; seek back if its beginning is missing."""
        expected = self._expected.get(tp)
        if not fetched or expected is None or fetched[0].offset == expected:
            return fetched
        if fetched[0].offset < expected:
            return [record for record in fetched if record.offset >= expected]
        if self._refused.pop(tp, None) == fetched[0].offset:
            LOG.info("%s: the log has no records from %d to %d", tp, expected, fetched[0].offset)
            return fetched
        self._refused[tp] = fetched[0].offset
        await self._seek(tp, expected)
        return ()

    def _message(self, tp: TP, batch: Sequence[Record], generation: int) -> Message:
        last = batch[-1]
        message = ConsumerMessage(
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000.0,
            timestamp_type=0,
            headers=None,
            key=b"",
            value=cast("Any", batch),
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=generation,
        )
        self._expected[tp] = last.offset + 1
        if self.app.topics.acks_enabled_for(last.topic):
            self._given[tp].append(message)
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        return message

    def ack(self, message: Message) -> bool:
        """Note that a batch is done. A batch from before a seek counts for nothing: it is fetched again."""
        message.acked = True
        self._unacked_messages.discard(message)
        given = self._given[message.tp]
        done: int | None = None
        while given and given[0].acked:
            done = given.popleft().offset + 1
        if done is not None:
            self.advance(message.tp, done)
        return done is not None

    def advance(self, tp: TP, next_offset: int) -> None:
        """Let `next_offset` be committed for a partition: everything before it is done.

        For streams that acknowledge records instead of batches; `streams.acks.InOrder` finds the offset.
        """
        self._acked[tp] = [next_offset]
        self._n_acked += 1

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked.get(tp)
        return acked[0] if acked else None

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - Faust's signature
        if not await self._commit(offsets):
            return False
        self._committed_offset.update(offsets)
        self.app.monitor.on_tp_commit(dict(offsets))
        return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: acknowledgement in order needs no gaps."""

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from partitions again; during a rebalance not before it is over.

        Faust resumes partitions, then seeks, then empties the streams' queues; what came in between would be lost.
        """
        wanted = set(tps)
        if self.app.rebalancing:
            late = {tp for tp in wanted if self.app.topics.acks_enabled_for(tp.topic)}
            self._to_resume |= late
            wanted -= late
        super().resume_partitions(wanted)

    def resume_flow(self) -> None:
        """Let batches through to the streams again, whose queues are empty now."""
        late, self._to_resume = self._to_resume, set()
        super().resume_partitions(late)
        super().resume_flow()

    async def perform_seek(self) -> None:
        """Go back to the committed offsets. What is under way is forgotten and fetched again."""
        await super().perform_seek()
        self._given.clear()
        self._refused.clear()
        self._expected = {
            tp: offset for tp, offset in self._committed_offset.items() if offset is not None and self._is_assigned(tp)
        }

    def _is_assigned(self, tp: TP) -> bool:
        return tp in self.assignment()

    async def seek(self, partition: TP, offset: int) -> None:
        """Go to an offset of one partition."""
        await super().seek(partition, offset)
        self._given.pop(partition, None)
        self._expected[partition] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Go to an offset of each of some partitions, and wait until that is done."""
        for tp in partitions:
            self._expected.pop(tp, None)
        await super().seek_wait(partitions)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what belongs to partitions that may go to somebody else."""
        self._to_resume.clear()
        for tp in revoked:
            self._given.pop(tp, None)
            self._expected.pop(tp, None)
            self._refused.pop(tp, None)
        await super().on_partitions_revoked(revoked)


class Transport(driver.Transport):
    """The transport behind `kafkabatch://`."""

    Consumer = Consumer
