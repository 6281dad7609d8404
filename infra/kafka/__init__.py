"""Everything AgentOS asks of Kafka: topics, producers, consumers, offsets, and ranges of records."""

from infra.kafka.connection import KafkaConnection, kafka_connection, wait_for_broker
from infra.kafka.consumer import ConsumerOptions, consumer
from infra.kafka.offsets import Watermarks, committed_offsets, offsets_at, watermarks
from infra.kafka.producer import ProducerOptions, producer
from infra.kafka.reading import RawMessage, read_range
from infra.kafka.topics import TopicSpec, create_topics, delete_topics, partition_counts

__all__ = [
    "ConsumerOptions",
    "KafkaConnection",
    "ProducerOptions",
    "RawMessage",
    "TopicSpec",
    "Watermarks",
    "committed_offsets",
    "consumer",
    "create_topics",
    "delete_topics",
    "kafka_connection",
    "offsets_at",
    "partition_counts",
    "producer",
    "read_range",
    "wait_for_broker",
    "watermarks",
]
