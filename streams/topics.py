"""The topics as Kafka is asked to keep them, from the list in `schemas.topics` and the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from infra.kafka import KafkaConnection, TopicSpec, create_topics
from infra.settings import KafkaSettings
from schemas.topics import TOPICS, Topic, task_topic


def topic_specs(settings: KafkaSettings, node_types: Iterable[str] = ()) -> list[TopicSpec]:
    """Give the specs of all topics, and of the topics of the tasks of `node_types`."""
    return [topic_spec(topic, settings) for topic in (*TOPICS, *map(task_topic, node_types))]


def topic_spec(topic: Topic, settings: KafkaSettings) -> TopicSpec:
    """Give the spec of one topic."""
    return TopicSpec(
        name=topic.full_name(settings.topic_prefix),
        partitions=topic.partitions or settings.partitions,
        config=topic.config,
        replication=settings.replication,
    )


def topic_creator(connection: KafkaConnection, settings: KafkaSettings) -> Callable[[Topic], None]:
    """Give a function that creates a topic if it does not exist."""

    def ensure(topic: Topic) -> None:
        create_topics(connection, [topic_spec(topic, settings)])

    return ensure
