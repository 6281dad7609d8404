"""Single records of a topic by their offsets, without a consumer group, through connections that stay open."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from infra.errors import RecordsMissing, Unreachable
from infra.kafka import KafkaConnection
from infra.kafka.connection import unreachable
from infra.kafka.reading import RawMessage

#: Offsets as near as this are read in one stretch: at 200,000 records a second that costs less than a seek.
STRETCH_RECORDS = 500
ANSWER_S = 10.0
POLL_S = 1.0
BATCH = 5000

# These are their public names in librdkafka.
_END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001
_OUTSIDE_THE_LOG = KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001


class PlaceReader:
    """Reads records of one topic by place. Safe to use from several threads: they take turns."""

    def __init__(self, connection: KafkaConnection, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self._turn = threading.Lock()
        self._consumer: Consumer | None = None

    def values_at(self, partition: int, offsets: Sequence[int]) -> list[bytes | None]:
        """Give the values at these offsets, which rise. Raises `RecordsMissing` when one is not there."""
        found: dict[int, bytes | None] = {}
        with self._turn:
            for stretch in stretches(offsets):
                wanted = set(stretch)
                for message in self._stretch((partition, stretch[0]), stretch[-1] + 1):
                    if message.offset() in wanted:
                        found[message.offset()] = message.value()
        missing = [offset for offset in offsets if offset not in found]
        if missing:
            raise RecordsMissing(
                f"Topic {self._topic}, partition {partition}: expected a record at offset {missing[0]}, found none"
            )
        return [found[offset] for offset in offsets]

    def values_from(self, partition: int, offset: int) -> Iterator[bytes | None]:
        """Yield the values from an offset to the end the partition has now."""
        with self._turn:
            end = self._end(partition)
            for message in self._stretch((partition, offset), end):
                yield message.value()

    def close(self) -> None:
        """Leave the brokers."""
        with self._turn:
            consumer, self._consumer = self._consumer, None
            if consumer is not None:
                consumer.close()

    def _stretch(self, place: tuple[int, int], end: int) -> Iterator[RawMessage]:
        """Yield what lies from `place` (partition, offset) to before `end`."""
        if place[1] >= end:
            return
        consumer = self._open()
        consumer.assign([TopicPartition(self._topic, *place)])
        try:
            for message in self._incoming(consumer):
                self._check(message, place)
                if message.error() is not None or message.offset() >= end:
                    return
                if message.offset() >= place[1]:
                    yield message
                if message.offset() == end - 1:
                    return
        finally:
            consumer.unassign()

    def _incoming(self, consumer: Consumer) -> Iterator[RawMessage]:
        ends_at = time.monotonic() + ANSWER_S
        while time.monotonic() < ends_at:
            first = consumer.poll(POLL_S)
            if first is not None:
                yield from cast("list[RawMessage]", [first, *consumer.consume(BATCH, timeout=0)])
                ends_at = time.monotonic() + ANSWER_S
        raise Unreachable(f"Expected records of {self._topic} within {ANSWER_S:g} s, found none; check the brokers")

    def _check(self, message: RawMessage, place: tuple[int, int]) -> None:
        """Raise what an error in place of a message means, unless it is the end of the partition."""
        error = message.error()
        if error is None or error.code() == _END_OF_PARTITION:
            return
        if error.code() == _OUTSIDE_THE_LOG:
            raise RecordsMissing(f"Topic {self._topic}: expected a record at {place}, found: {error.str()}")
        raise Unreachable(f"Expected to read {self._topic}, found: {error.str()}; try again")

    def _end(self, partition: int) -> int:
        try:
            return self._open().get_watermark_offsets(TopicPartition(self._topic, partition), timeout=ANSWER_S)[1]
        except KafkaException as error:
            raise unreachable(self._connection, error, ANSWER_S) from error

    def _open(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(
                self._connection.config(
                    group_id="agentos-unused",
                    enable_auto_commit=False,
                    enable_auto_offset_store=False,
                    enable_partition_eof=True,
                    auto_offset_reset="error",
                    fetch_wait_max_ms=10,
                    # What lies behind a stretch is not wanted: fetch little ahead.
                    max_partition_fetch_bytes=256 * 1024,
                    queued_min_messages=1,
                    queued_max_messages_kbytes=1024,
                    fetch_queue_backoff_ms=1,
                )
            )
        return self._consumer


def stretches(offsets: Sequence[int]) -> list[list[int]]:
    """Group rising offsets so that neighbours in a group are at most `STRETCH_RECORDS` apart."""
    groups: list[list[int]] = []
    for offset in offsets:
        if groups and offset - groups[-1][-1] <= STRETCH_RECORDS:
            groups[-1].append(offset)
        else:
            groups.append([offset])
    return groups
