"""Where things are in the log: its ends, what a group has done, what stood there at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from infra.errors import Unreachable
from infra.kafka.connection import KafkaConnection, admin, unreachable

#: What `list_offsets` can be asked for, made once: librdkafka's numbers for both ends of a partition.
EARLIEST: Any = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """The ends of a partition: `low` is the first offset that is still there, `high` the one the next record gets."""

    low: int
    high: int


def watermarks(connection: KafkaConnection, topic: str, *, deadline_s: float = 10) -> dict[int, Watermarks]:
    """Give both ends of every partition of `topic`, by its number."""
    numbers = _partitions(connection, topic, deadline_s)
    low = _offsets(connection, topic, dict.fromkeys(numbers, EARLIEST), deadline_s)
    high = _offsets(connection, topic, dict.fromkeys(numbers, LATEST), deadline_s)
    return {number: Watermarks(low=low[number], high=high[number]) for number in numbers}


def offsets_at(connection: KafkaConnection, topic: str, at: datetime, *, deadline_s: float = 10) -> dict[int, int]:
    """Give for every partition the offset of the first record at or after `at`, or the end when there is none."""
    numbers = _partitions(connection, topic, deadline_s)
    since = OffsetSpec.for_timestamp(int(at.timestamp() * 1000))
    found = _offsets(connection, topic, dict.fromkeys(numbers, since), deadline_s)
    late = [number for number, offset in found.items() if offset < 0]
    ends = _offsets(connection, topic, dict.fromkeys(late, LATEST), deadline_s)
    return {**found, **ends}


def committed_offsets(connection: KafkaConnection, group: str, topic: str, *, deadline_s: float = 10) -> dict[int, int]:
    """Give the offset `group` will read next in each partition of `topic` where it has committed one."""
    numbers = _partitions(connection, topic, deadline_s)
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, number) for number in numbers])
    client = admin(connection)
    futures = client.list_consumer_group_offsets([asked], request_timeout=deadline_s)
    found = _result(connection, futures[group], deadline_s)
    return {entry.partition: entry.offset for entry in found.topic_partitions if entry.offset >= 0}


def _partitions(connection: KafkaConnection, topic: str, deadline_s: float) -> Iterable[int]:
    try:
        found = admin(connection).list_topics(topic, timeout=deadline_s).topics[topic]
    except KafkaException as error:
        raise unreachable(connection, error, deadline_s) from error
    if found.error is not None:
        raise Unreachable(
            f"Expected the topic {topic} at {connection.bootstrap_servers}, found: {found.error.str()};"
            " create the topics first: `agentos up` does"
        )
    return sorted(found.partitions)


def _offsets(connection: KafkaConnection, topic: str, asked: dict[int, Any], deadline_s: float) -> dict[int, int]:
    if not asked:
        return {}
    request = {TopicPartition(topic, number): spec for number, spec in asked.items()}
    client = admin(connection)
    futures = client.list_offsets(request, request_timeout=deadline_s)
    return {entry.partition: _result(connection, future, deadline_s).offset for entry, future in futures.items()}


def _result(connection: KafkaConnection, future: Future[Any], deadline_s: float) -> Any:
    try:
        return future.result(timeout=deadline_s + 1)
    except KafkaException as error:
        raise unreachable(connection, error, deadline_s) from error
