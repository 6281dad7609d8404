"""What the functions of `infra.kafka` do, on a real broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import TopicPartition

from infra.errors import RecordsMissing, TopicMismatch, Unreachable
from infra.kafka import (
    KafkaConnection,
    TopicSpec,
    Watermarks,
    committed_offsets,
    consumer,
    create_topics,
    delete_topics,
    offsets_at,
    partition_counts,
    producer,
    read_range,
    wait_for_broker,
    watermarks,
)
from infra.kafka.connection import admin


def filled(kafka: KafkaConnection, topic: str, count: int) -> None:
    create_topics(kafka, [TopicSpec(name=topic, partitions=1)])
    sender = producer(kafka)
    for number in range(count):
        sender.produce(topic, key=b"k", value=b"%d" % number, partition=0)
    assert sender.flush(10) == 0


def test_missing_topics_are_created_once(kafka: KafkaConnection, topic_prefix: str) -> None:
    specs = [
        TopicSpec(name=f"{topic_prefix}a", partitions=3, config={"cleanup.policy": "compact"}),
        TopicSpec(name=f"{topic_prefix}b", partitions=1),
    ]

    assert create_topics(kafka, specs) == [f"{topic_prefix}a", f"{topic_prefix}b"]
    assert create_topics(kafka, specs) == []
    assert partition_counts(kafka)[f"{topic_prefix}a"] == 3


def test_a_topic_with_another_number_of_partitions_is_refused(kafka: KafkaConnection, topic_prefix: str) -> None:
    create_topics(kafka, [TopicSpec(name=f"{topic_prefix}a", partitions=2)])

    with pytest.raises(TopicMismatch, match="expected 4 partitions, found 2; set AGENTOS_PARTITIONS=2"):
        create_topics(kafka, [TopicSpec(name=f"{topic_prefix}a", partitions=4)])


def test_deleting_a_topic_that_is_not_there_is_fine(kafka: KafkaConnection, topic_prefix: str) -> None:
    create_topics(kafka, [TopicSpec(name=f"{topic_prefix}a", partitions=1)])

    delete_topics(kafka, [f"{topic_prefix}a", f"{topic_prefix}never"])

    assert f"{topic_prefix}a" not in partition_counts(kafka)


def test_a_range_is_read_in_order_and_only_it(kafka: KafkaConnection, topic_prefix: str) -> None:
    filled(kafka, f"{topic_prefix}a", 1000)

    batches = list(read_range(kafka, (f"{topic_prefix}a", 0), 10, 990))

    assert [message.value() for batch in batches for message in batch] == [b"%d" % number for number in range(10, 990)]


def test_a_range_to_the_end_of_the_log_ends_there(kafka: KafkaConnection, topic_prefix: str) -> None:
    filled(kafka, f"{topic_prefix}a", 5)

    read = [m.offset() for batch in read_range(kafka, (f"{topic_prefix}a", 0), 3, 5) for m in batch]

    assert read == [3, 4]
    assert list(read_range(kafka, (f"{topic_prefix}a", 0), 5, 5)) == []


def test_a_range_with_deleted_records_is_refused(kafka: KafkaConnection, topic_prefix: str) -> None:
    topic = f"{topic_prefix}a"
    filled(kafka, topic, 10)
    client = admin(kafka)
    for future in client.delete_records([TopicPartition(topic, 0, 4)]).values():
        future.result(10)

    with pytest.raises(RecordsMissing, match="expected offsets 0 to 10, found 4 to 10"):
        list(read_range(kafka, (topic, 0), 0, 10))
    assert watermarks(kafka, topic) == {0: Watermarks(low=4, high=10)}


def test_an_instant_gives_the_first_record_after_it_or_the_end(kafka: KafkaConnection, topic_prefix: str) -> None:
    filled(kafka, f"{topic_prefix}a", 3)
    now = datetime.now(UTC)

    assert offsets_at(kafka, f"{topic_prefix}a", now - timedelta(hours=1)) == {0: 0}
    assert offsets_at(kafka, f"{topic_prefix}a", now + timedelta(hours=1)) == {0: 3}


def test_committed_offsets_are_those_a_group_committed(kafka: KafkaConnection, topic_prefix: str) -> None:
    topic, group = f"{topic_prefix}a", f"{topic_prefix}group"
    filled(kafka, topic, 3)
    assert committed_offsets(kafka, group, topic) == {}

    member = consumer(kafka, group)
    member.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
    member.close()

    assert committed_offsets(kafka, group, topic) == {0: 2}


def test_an_unknown_topic_is_named(kafka: KafkaConnection, topic_prefix: str) -> None:
    with pytest.raises(Unreachable, match=f"topic {topic_prefix}never"):
        watermarks(kafka, f"{topic_prefix}never")


def test_a_broker_that_does_not_answer_is_named_with_what_to_check() -> None:
    nobody = KafkaConnection(bootstrap_servers="127.0.0.1:1")

    with pytest.raises(Unreachable, match=r"Expected Kafka at 127\.0\.0\.1:1 to answer within 0\.5 s.*check"):
        wait_for_broker(nobody, deadline_s=0.5)
