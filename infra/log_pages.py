"""Any topic, read by place or time: where its partitions begin and end, stretches of several side by side, and the end.

All calls block, and raise `Unreachable` while the brokers are away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, cast

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.errors import RecordsMissing, Unreachable
from infra.kafka import ConsumerOptions, KafkaConnection, Watermarks, consumer, offsets_at, watermarks
from infra.kafka.connection import reason
from infra.kafka.following import Follower
from infra.kafka.reading import END_OF_PARTITION, RawMessage

BATCH = 1000
ANSWER_S = 10.0
#: What lies behind a page is not wanted: fetch little ahead.
FETCH_BYTES = 1024 * 1024


class TopicRecord(NamedTuple):
    """A record as it lies on a topic. `at_ms` is its timestamp, Unix milliseconds."""

    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Reader(Protocol):
    """Reads stretches of some partitions side by side."""

    def batches(self) -> Iterator[Sequence[TopicRecord]]:
        """Yield what is in the stretches. Each partition is in order."""
        ...

    def leave(self, partition: int) -> None:
        """Read no further in a partition."""
        ...

    def close(self) -> None:
        """Leave the brokers."""
        ...


class Following(Protocol):
    """Goes on with what is appended."""

    def next_records(self, wait_s: float) -> Sequence[TopicRecord]:
        """Give what has arrived, as soon as there is anything; nothing after `wait_s`."""
        ...

    def close(self) -> None:
        """Leave the brokers."""
        ...


class LogPages:
    """Reads topics by place, through connections of its own for each reader."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection

    def ends(self, topic: str) -> dict[int, Watermarks]:
        """Give both ends of every partition."""
        return watermarks(self._connection, topic)

    def offsets_at(self, topic: str, at: datetime) -> dict[int, int]:
        """Give for every partition the first offset at or after `at`, or its end."""
        return offsets_at(self._connection, topic, at)

    def read(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> Reader:
        """Give a reader of these partitions, each from an offset to before another. Close it."""
        return SpanReader(self._connection, topic, spans)

    def follow(self, topic: str, starts: Mapping[int, int]) -> Following:
        """Give a follower of these partitions from these offsets on. Close it."""
        return TopicFollower(self._connection, topic, starts)


class SpanReader:
    """A `Reader` with a consumer of its own."""

    def __init__(self, connection: KafkaConnection, topic: str, spans: Mapping[int, tuple[int, int]]) -> None:
        self._topic = topic
        self._left = {partition: end for partition, (start, end) in spans.items() if start < end}
        options = ConsumerOptions(
            start="error", report_end_of_partition=True, fetch_wait_ms=10, partition_fetch_bytes=FETCH_BYTES
        )
        self._consumer: Consumer | None = consumer(connection, "agentos-unused", options) if self._left else None
        if self._consumer is not None:
            self._consumer.assign([TopicPartition(topic, partition, spans[partition][0]) for partition in self._left])

    def batches(self) -> Iterator[list[TopicRecord]]:
        """Yield what is in the spans. Raises `RecordsMissing` when a start lies outside the log."""
        while self._left and self._consumer is not None:
            first = self._consumer.poll(ANSWER_S)
            if first is None:
                raise Unreachable(f"Expected records of {self._topic} within {ANSWER_S:g} s, found none; try again")
            fetched = cast("list[RawMessage]", [first, *self._consumer.consume(BATCH, timeout=0)])
            if records := [record_of(message) for message in fetched if self._is_wanted(message)]:
                yield records

    def leave(self, partition: int) -> None:
        """Read no further in a partition."""
        if self._left.pop(partition, None) is not None and self._left and self._consumer is not None:
            self._consumer.incremental_unassign([TopicPartition(self._topic, partition)])

    def close(self) -> None:
        """Leave the brokers."""
        reader, self._consumer = self._consumer, None
        if reader is not None:
            reader.close()

    def _is_wanted(self, message: RawMessage) -> bool:
        partition, error = message.partition(), message.error()
        if error is not None:
            if error.code() != END_OF_PARTITION:
                raise RecordsMissing(f"Expected to read {self._topic}, partition {partition}, found: {error.str()}")
            self.leave(partition)
            return False
        end = self._left.get(partition)
        if end is None:
            return False
        if message.offset() >= end - 1:
            self.leave(partition)
        return message.offset() < end


class TopicFollower:
    """A `Following` over a consumer of its own."""

    def __init__(self, connection: KafkaConnection, topic: str, starts: Mapping[int, int]) -> None:
        try:
            self._follower = Follower(connection, {(topic, partition): at for partition, at in starts.items()})
        except KafkaException as error:
            raise Unreachable(f"Expected to follow {topic}, found: {reason(error)}") from error
        # A consumer must not be closed while another thread polls it.
        self._turn = threading.Lock()

    def next_records(self, wait_s: float) -> list[TopicRecord]:
        """Give what has arrived, as soon as there is anything; nothing after `wait_s`."""
        with self._turn:
            return [record_of(message) for message in self._follower.next_batch(wait_s)]

    def close(self) -> None:
        """Leave the brokers, once a poll that is under way has ended."""
        with self._turn:
            self._follower.close()


def record_of(message: RawMessage) -> TopicRecord:
    """Give a message without the client that brought it."""
    place = (message.partition(), message.offset(), message.timestamp()[1])
    return TopicRecord(*place, message.key(), message.value(), tuple(message.headers() or ()))
