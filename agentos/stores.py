"""Makes what must be in Kafka and Postgres before the first role starts: topics and tables."""

from __future__ import annotations

from collections.abc import Iterable

from infra.embedded.stack import Stack
from infra.kafka import TopicSpec, create_topics
from infra.postgres import migrate
from infra.settings import KafkaSettings
from schemas.topics import TOPICS, Topic, task_topic


def prepare_stores(stack: Stack, settings: KafkaSettings, node_types: Iterable[str]) -> list[str]:
    """Create missing topics and apply new migrations; give what was made. May be run by several processes at once."""
    topics = [*TOPICS, *map(task_topic, node_types)]
    created = create_topics(stack.kafka, [topic_spec(topic, settings) for topic in topics])
    return [*created, *migrate(stack.database_url)]


def topic_spec(topic: Topic, settings: KafkaSettings) -> TopicSpec:
    """Give what Kafka has to know of `topic`."""
    return TopicSpec(
        name=topic.full_name(settings.topic_prefix),
        partitions=topic.partitions or settings.partitions,
        config=topic.config,
        replication=settings.replication,
    )
