"""Some load for a broker: lets its Java runtime learn what a broker does."""

from __future__ import annotations

from infra.kafka.connection import KafkaConnection
from infra.kafka.consumer import consumer
from infra.kafka.producer import producer
from infra.kafka.topics import TopicSpec, create_topics

TOPIC = "exercise"
ROUNDS = 100
RECORDS = 200
VALUE = b"x" * 300


def exercise(connection: KafkaConnection) -> None:
    """Create a topic, write batches to it, and read them back as a consumer group that commits."""
    create_topics(connection, [TopicSpec(name=TOPIC, partitions=4)])
    sender = producer(connection)
    reader = consumer(connection, TOPIC)
    reader.subscribe([TOPIC])
    for _ in range(ROUNDS):
        for number in range(RECORDS):
            sender.produce(TOPIC, key=str(number), value=VALUE)
        sender.flush(10)
        for message in reader.consume(RECORDS, timeout=0.05)[-1:]:
            reader.commit(message=message, asynchronous=True)
    reader.close()
