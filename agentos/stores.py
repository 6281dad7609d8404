"""Makes what must be in Kafka and Postgres before the first role starts: topics and tables."""

from __future__ import annotations

from collections.abc import Iterable

from infra.embedded.stack import Stack
from infra.kafka import create_topics
from infra.postgres import migrate
from infra.settings import KafkaSettings
from streams.topics import topic_specs


def prepare_stores(stack: Stack, settings: KafkaSettings, node_types: Iterable[str]) -> list[str]:
    """Create missing topics and apply new migrations; give what was made. May be run by several processes at once."""
    created = create_topics(stack.kafka, topic_specs(settings, node_types))
    return [*created, *migrate(stack.database_url)]
