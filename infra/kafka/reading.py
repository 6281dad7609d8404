"""Ranges of records, read in batches without a consumer group: for recovery, history, replay and checks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from infra.errors import RecordsMissing, Unreachable
from infra.kafka.connection import KafkaConnection, unreachable
from infra.kafka.consumer import ConsumerOptions, consumer

BATCH = 10_000
POLL_S = 0.2

END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001  # that is its public name in librdkafka


class RawMessage(Protocol):
    """A record as it is on the wire. `timestamp` gives its kind and milliseconds since 1970."""

    def key(self) -> bytes | None:
        """Give the key."""

    def value(self) -> bytes | None:
        """Give the value; None is a tombstone."""

    def offset(self) -> int:
        """Give the place in the partition."""

    def partition(self) -> int:
        """Give the partition."""

    def timestamp(self) -> tuple[int, int]:
        """Give the kind of time, and the time in milliseconds since 1970."""

    def headers(self) -> list[tuple[str, bytes]] | None:
        """Give the headers in order."""

    def error(self) -> KafkaError | None:
        """Give what went wrong, if this is no record."""


def read_range(
    connection: KafkaConnection, place: tuple[str, int], start: int, end: int, *, stall_s: float = 30
) -> Iterator[list[RawMessage]]:
    """Yield the records of `place` (topic, partition) from offset `start` to before `end`, in order, in batches.

    Compaction leaves holes: only what is there is yielded. Raises `RecordsMissing` when `start` lies before the log's
    beginning or `end` behind its end, and `Unreachable` when nothing comes for `stall_s`.
    """
    if start >= end:
        return
    reader = consumer(connection, "agentos-unused", ConsumerOptions(start="error", report_end_of_partition=True))
    try:
        _check_bounds(reader, connection, place, (start, end))
        reader.assign([TopicPartition(*place, start)])
        yield from _batches(reader, connection, (start, end), stall_s)
    finally:
        reader.close()


def _batches(
    reader: Consumer, connection: KafkaConnection, bounds: tuple[int, int], stall_s: float
) -> Iterator[list[RawMessage]]:
    heard_at = time.monotonic()
    position, end = bounds
    while True:
        # No more than are left, so that the last ones don't wait for company that never comes.
        fetched = cast("list[RawMessage]", reader.consume(min(BATCH, end - position), timeout=POLL_S))
        if fetched:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > stall_s:
            raise Unreachable(f"Expected records from {connection.bootstrap_servers}, found none for {stall_s:g} s")
        records, is_over = _within(fetched, end)
        if records:
            position = records[-1].offset() + 1
            yield records
        if is_over:
            return


def _within(fetched: list[RawMessage], end: int) -> tuple[list[RawMessage], bool]:
    if fetched and fetched[-1].error() is None and fetched[-1].offset() < end - 1:
        return fetched, False
    records: list[RawMessage] = []
    for message in fetched:
        error = message.error()
        if error is not None and error.code() != END_OF_PARTITION:
            raise KafkaException(error)
        if error is not None or message.offset() >= end:
            return records, True
        records.append(message)
    return records, bool(records) and records[-1].offset() >= end - 1


def _check_bounds(
    reader: Consumer, connection: KafkaConnection, place: tuple[str, int], bounds: tuple[int, int]
) -> None:
    try:
        low, high = reader.get_watermark_offsets(TopicPartition(*place), timeout=10)
    except KafkaException as error:
        raise unreachable(connection, error, 10) from error
    if bounds[0] < low or bounds[1] > high:
        raise RecordsMissing(
            f"Topic {place[0]}, partition {place[1]}: expected offsets {bounds[0]} to {bounds[1]}, found {low} to"
            f" {high}; the topic was truncated, deleted, or has a retention it must not have"
        )
