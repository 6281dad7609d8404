"""Topics are created from descriptions; one that exists is compared with its description."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.errors import TopicMismatch, Unreachable
from infra.kafka.connection import KafkaConnection, admin, reason, unreachable

POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """A topic as it should be. `replication` -1 takes the broker's default; `config` has Kafka's topic options."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    replication: int = -1


def create_topics(connection: KafkaConnection, specs: Iterable[TopicSpec], *, deadline_s: float = 30) -> list[str]:
    """Create what is missing, wait until it can be written, and give the new names. May be called again and by many.

    Raises `TopicMismatch` when a topic exists with another number of partitions: keys would move between them.
    """
    wanted = {spec.name: spec for spec in specs}
    client = admin(connection)
    existing = partition_counts(connection, deadline_s=deadline_s)
    missing = [spec for spec in wanted.values() if spec.name not in existing]
    _create(client, missing, deadline_s)
    counts = _wait_for_leaders(connection, wanted, deadline_s)
    for spec in wanted.values():
        if counts[spec.name] != spec.partitions:
            raise TopicMismatch(
                f"Topic {spec.name}: expected {spec.partitions} partitions, found {counts[spec.name]};"
                f" set AGENTOS_PARTITIONS={counts[spec.name]}, or choose another AGENTOS_TOPIC_PREFIX"
            )
    return [spec.name for spec in missing]


def partition_counts(connection: KafkaConnection, *, deadline_s: float = 30) -> dict[str, int]:
    """Give the number of partitions of every topic whose partitions all have a leader."""
    try:
        found = admin(connection).list_topics(timeout=deadline_s)
    except KafkaException as error:
        raise unreachable(connection, error, deadline_s) from error
    return {
        name: len(topic.partitions)
        for name, topic in found.topics.items()
        if topic.error is None and all(partition.leader >= 0 for partition in topic.partitions.values())
    }


def delete_topics(connection: KafkaConnection, names: Iterable[str], *, deadline_s: float = 30) -> None:
    """Delete the topics called `names` with all their records; one that does not exist counts as deleted."""
    topics = list(names)
    if not topics:
        return
    client = admin(connection)
    for future in client.delete_topics(topics, operation_timeout=deadline_s).values():
        _settle(future.exception(timeout=deadline_s), KafkaError.UNKNOWN_TOPIC_OR_PART)


def _create(client: AdminClient, specs: list[TopicSpec], deadline_s: float) -> None:
    if not specs:
        return
    topics = [NewTopic(spec.name, spec.partitions, spec.replication, config=dict(spec.config)) for spec in specs]
    for name, future in client.create_topics(topics, operation_timeout=deadline_s).items():
        try:
            _settle(future.exception(timeout=deadline_s), KafkaError.TOPIC_ALREADY_EXISTS)
        except KafkaException as error:
            raise TopicMismatch(f"Topic {name}: expected to create it, found: {reason(error)}") from error


def _settle(error: BaseException | None, harmless: int) -> None:
    if isinstance(error, KafkaException) and error.args[0].code() == harmless:
        return
    if error is not None:
        raise error


def _wait_for_leaders(
    connection: KafkaConnection, wanted: Mapping[str, TopicSpec], deadline_s: float
) -> dict[str, int]:
    ends_at = time.monotonic() + deadline_s
    while missing := wanted.keys() - (counts := partition_counts(connection, deadline_s=deadline_s)).keys():
        if time.monotonic() > ends_at:
            raise Unreachable(
                f"Expected a leader for every partition within {deadline_s:g} s, found none for"
                f" {', '.join(sorted(missing))}; look at the brokers' logs"
            )
        time.sleep(POLL_S)
    return counts
