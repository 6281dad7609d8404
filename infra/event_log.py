"""Ranges of a topic as plain records, and where it begins, ends, and was committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from confluent_kafka import KafkaException

from infra.errors import Unreachable
from infra.kafka import KafkaConnection, Watermarks, committed_offsets, read_range, watermarks
from infra.kafka.connection import reason
from infra.log_places import PlaceReader


class LogRecord(NamedTuple):
    """A record as it lies on a topic. `at_ms` is its timestamp, Unix milliseconds."""

    offset: int
    value: bytes | None
    at_ms: int


class EventLog:
    """Reads one topic, whatever group reads it besides. Raises `Unreachable` while the brokers are away."""

    def __init__(self, connection: KafkaConnection, topic: str) -> None:
        self.topic = topic
        self._connection = connection

    def read(self, partition: int, start: int, end: int) -> Iterator[list[LogRecord]]:
        """Yield the records from offset `start` to before `end` in batches; raises `RecordsMissing` when gone."""
        try:
            for batch in read_range(self._connection, (self.topic, partition), start, end):
                yield [LogRecord(raw.offset(), raw.value(), raw.timestamp()[1]) for raw in batch]
        except KafkaException as error:
            raise Unreachable(
                f"Expected to read {self.topic}, partition {partition}, found: {reason(error)}"
            ) from error

    def places(self) -> PlaceReader:
        """Give a reader of single records by their offsets. Close it."""
        return PlaceReader(self._connection, self.topic)

    def ends(self) -> dict[int, Watermarks]:
        """Give both ends of every partition."""
        return watermarks(self._connection, self.topic)

    def committed(self, group: str) -> dict[int, int]:
        """Give the offset a consumer group reads next, for the partitions where it committed one."""
        return committed_offsets(self._connection, group, self.topic)
