"""Where things are in the log: its ends, what a group has done, what stood there at an instant."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

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
    asked = _topic(connection, topic, deadline_s)
    low = asked.offsets(EARLIEST)
    high = asked.offsets(LATEST)
    return {number: Watermarks(low=low[number], high=high[number]) for number in asked.numbers}


def offsets_at(connection: KafkaConnection, topic: str, at: datetime, *, deadline_s: float = 10) -> dict[int, int]:
    """Give for every partition the offset of the first record at or after `at`, or the end when there is none."""
    asked = _topic(connection, topic, deadline_s)
    found = asked.offsets(OffsetSpec.for_timestamp(int(at.timestamp() * 1000)))
    if min(found.values(), default=0) >= 0:
        return found
    ends = asked.offsets(LATEST)
    return {number: offset if offset >= 0 else ends[number] for number, offset in found.items()}


def committed_offsets(connection: KafkaConnection, group: str, topic: str, *, deadline_s: float = 10) -> dict[int, int]:
    """Give the offset `group` will read next in each partition of `topic` where it has committed one."""
    asked = _topic(connection, topic, deadline_s)
    request = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, number) for number in asked.numbers])
    futures = asked.client.list_consumer_group_offsets([request], request_timeout=deadline_s)
    found = asked.result(futures[group])
    return {entry.partition: entry.offset for entry in found.topic_partitions if entry.offset >= 0}


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic and a client that has asked the brokers about it.

    A client that has not is told nothing of the partitions' leaders, and takes one to three seconds to try again.
    """

    connection: KafkaConnection
    client: AdminClient
    name: str
    deadline_s: float
    numbers: tuple[int, ...]

    def offsets(self, spec: Any) -> dict[int, int]:
        """Give what `spec` asks for, in every partition."""
        request = {TopicPartition(self.name, number): spec for number in self.numbers}
        futures = self.client.list_offsets(request, request_timeout=self.deadline_s)
        return {entry.partition: self.result(future).offset for entry, future in futures.items()}

    def result(self, future: Future[Any]) -> Any:
        """Wait for an answer."""
        try:
            return future.result(timeout=self.deadline_s + 1)
        except KafkaException as error:
            raise unreachable(self.connection, error, self.deadline_s) from error
        except TimeoutError as error:  # the client itself did not say so in time: this process was stopped meanwhile
            servers = self.connection.bootstrap_servers
            raise Unreachable(
                f"Expected Kafka at {servers} to answer within {self.deadline_s:g} s, found none"
            ) from error


def _topic(connection: KafkaConnection, topic: str, deadline_s: float) -> _Topic:
    client = admin(connection)
    try:
        found = client.list_topics(topic, timeout=deadline_s).topics[topic]
    except KafkaException as error:
        raise unreachable(connection, error, deadline_s) from error
    if found.error is not None:
        raise Unreachable(
            f"Expected the topic {topic} at {connection.bootstrap_servers}, found: {found.error.str()};"
            " create the topics first: `agentos up` does"
        )
    return _Topic(connection, client, topic, deadline_s, tuple(sorted(found.partitions)))
