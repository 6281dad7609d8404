from __future__ import annotations

import time
from typing import Any

import pytest
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from agentos.node_provisions import producing
from infra.kafka import KafkaConnection, read_range, watermarks
from infra.kafka.connection import admin
from nodes.errors import STANDARD, NodeError
from nodes.kafka import Kafka, KafkaArguments
from nodes.provisions import Provisions, instance_of
from schemas.partitioning import partition_of
from tests.eventually import eventually
from tests.unit.nodes.service import context


@pytest.fixture
def topic(kafka: KafkaConnection, topic_prefix: str) -> str:
    name = f"{topic_prefix}orders"
    client = admin(kafka)
    client.create_topics([NewTopic(name, num_partitions=3)])[name].result(30)
    eventually(lambda: name in client.list_topics(timeout=5).topics)
    return name


async def write(kafka: KafkaConnection, topic: str, **arguments: Any) -> Any:
    node: Any = instance_of(Kafka, Provisions(produce=producing(kafka, "agentos.")))
    given = KafkaArguments.model_validate({"topic": topic} | arguments)
    return await node.run(given, context(None))  # type: ignore[arg-type]


def record(kafka: KafkaConnection, place: Any) -> Any:
    marks = watermarks(kafka, place.topic)[place.partition]
    batches = read_range(kafka, (place.topic, place.partition), place.offset, marks.high)
    return next(message for batch in batches for message in batch)


async def test_a_record_is_written_and_its_place_is_the_output(kafka: KafkaConnection, topic: str) -> None:
    place = await write(kafka, topic, key="order-7", value={"é": 1}, headers={"a": "b"})
    found = record(kafka, place)

    assert (found.key(), found.value()) == (b"order-7", '{"é":1}'.encode())
    assert place.partition == partition_of(b"order-7", 3)
    assert dict(found.headers()) == {"idempotency-key": b"run-1/do/0/call/1", "a": b"b"}


@pytest.mark.parametrize(("value", "expected"), [("plain", b"plain"), (None, None), ([1], b"[1]")])
async def test_text_is_written_as_it_is_and_null_as_none(
    kafka: KafkaConnection, topic: str, value: Any, expected: bytes | None
) -> None:
    assert record(kafka, await write(kafka, topic, value=value)).value() == expected


@pytest.mark.parametrize("name", ["agentos.events", "agentos.tasks.http", "__consumer_offsets"])
async def test_no_task_writes_to_topics_of_agentos_or_kafka(kafka: KafkaConnection, name: str) -> None:
    with pytest.raises(NodeError) as caught:
        await write(kafka, name, value=1)

    assert caught.value.problem["type"] == STANDARD + "authorization"


async def test_a_topic_that_is_not_there_is_told_and_not_made(kafka: KafkaConnection, topic: str) -> None:
    began_at = time.monotonic()
    with pytest.raises(NodeError) as caught:
        await write(kafka, topic + ".nowhere", value=1)

    assert f"topic {topic}.nowhere" in caught.value.problem["detail"]
    assert time.monotonic() - began_at < 20
    assert topic + ".nowhere" not in admin(kafka).list_topics(timeout=5).topics


async def test_a_worker_without_a_producer_says_so() -> None:
    with pytest.raises(NodeError, match="no producer"):
        await Kafka().run(KafkaArguments(topic="orders"), context(None))  # type: ignore[arg-type]
