"""Where things are in the log: its ends, what a group has done, what stood there at an instant.

Asked through consumers that belong to no group's members, and not through the admin client: its calls wait for futures,
and librdkafka was seen to abort the process, or never to answer again, when brokers were killed while such a call was
under way. A consumer's calls are plain blocking ones with a deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from infra.errors import Unreachable
from infra.kafka.connection import KafkaConnection, Key, unreachable
from infra.kafka.consumer import consumer

#: The group of a client that asks for no group's offsets. It has no members.
NO_GROUP = "agentos-unused"
AGAIN_S = 0.05
#: What a broker answers while partitions or groups are on their way to it.
PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}

Answer = TypeVar("Answer")

_askers: dict[tuple[Key, str], Consumer] = {}
_making = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """The ends of a partition: `low` is the first offset that is still there, `high` the one the next record gets."""

    low: int
    high: int


def watermarks(connection: KafkaConnection, topic: str, *, deadline_s: float = 10) -> dict[int, Watermarks]:
    """Give both ends of every partition of `topic`, by its number."""
    asked = _topic(connection, topic, deadline_s)
    return {entry.partition: asked.ends(entry) for entry in asked.partitions}


def offsets_at(connection: KafkaConnection, topic: str, at: datetime, *, deadline_s: float = 10) -> dict[int, int]:
    """Give for every partition the offset of the first record at or after `at`, or the end when there is none."""
    asked = _topic(connection, topic, deadline_s)
    found = asked.at(int(at.timestamp() * 1000))
    return {entry.partition: entry.offset if entry.offset >= 0 else asked.ends(entry).high for entry in found}


def committed_offsets(connection: KafkaConnection, group: str, topic: str, *, deadline_s: float = 10) -> dict[int, int]:
    """Give the offset `group` will read next in each partition of `topic` where it has committed one."""
    found = _topic(connection, topic, deadline_s, group).committed()
    return {entry.partition: entry.offset for entry in found if entry.offset >= 0}


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic and a client that has asked the brokers about it."""

    connection: KafkaConnection
    client: Consumer
    partitions: list[TopicPartition]
    deadline_s: float

    def ends(self, entry: TopicPartition) -> Watermarks:
        """Give both ends of a partition."""
        place = TopicPartition(entry.topic, entry.partition)
        ask = self.client.get_watermark_offsets
        low, high = self._answer(lambda: ask(place, timeout=self.deadline_s, cached=False))
        return Watermarks(low=low, high=high)

    def at(self, at_ms: int) -> list[TopicPartition]:
        """Give the place of the first record at or after an instant in every partition; -1 when there is none."""
        wanted = [TopicPartition(entry.topic, entry.partition, at_ms) for entry in self.partitions]
        return self._answer(lambda: _whole(self.client.offsets_for_times(wanted, timeout=self.deadline_s)))

    def committed(self) -> list[TopicPartition]:
        """Give what the client's group has committed in every partition; below 0 where it has nothing."""
        return self._answer(lambda: _whole(self.client.committed(self.partitions, timeout=self.deadline_s)))

    def _answer(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer: a partition that was just made or moved has no leader for a moment."""
        ends_at = time.monotonic() + self.deadline_s
        while True:
            try:
                return ask()
            except KafkaException as error:
                if error.args[0].code() not in PASSING or time.monotonic() > ends_at:
                    raise unreachable(self.connection, error, self.deadline_s) from error
                time.sleep(AGAIN_S)


def _whole(found: list[TopicPartition]) -> list[TopicPartition]:
    for entry in found:
        if entry.error is not None:
            raise KafkaException(entry.error)
    return found


def _topic(connection: KafkaConnection, topic: str, deadline_s: float, group: str = NO_GROUP) -> _Topic:
    client = _asker(connection, group)
    try:
        found = client.list_topics(topic, timeout=deadline_s).topics[topic]
    except KafkaException as error:
        raise unreachable(connection, error, deadline_s) from error
    if found.error is not None:
        raise Unreachable(
            f"Expected the topic {topic} at {connection.bootstrap_servers}, found: {found.error.str()};"
            " create the topics first: `agentos up` does"
        )
    return _Topic(
        connection, client, [TopicPartition(topic, number) for number in sorted(found.partitions)], deadline_s
    )


def _asker(connection: KafkaConnection, group: str) -> Consumer:
    """Give this process's client for the questions about a group: one for all threads, never subscribed."""
    key = (connection.key, group)
    with _making:
        if key not in _askers:
            _askers[key] = consumer(connection, group)
        return _askers[key]
