"""Delivery reports as futures, over a Kafka of its own that goes away and comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from infra.embedded.kafka_broker import bootstrap_servers, kafka_process
from infra.embedded.single import running
from infra.errors import Unreachable
from infra.kafka import KafkaConnection, TopicSpec, create_topics
from infra.kafka.delivery import Outbox, OutboxOptions
from infra.kafka.following import Follower
from infra.settings import StackSettings
from tests.conftest import Silent
from tests.eventually import eventually


async def make(kafka: KafkaConnection) -> Outbox:
    return Outbox(kafka, OutboxOptions(delivery_timeout_s=2))


async def send(outbox: Outbox, value: bytes) -> None:
    await outbox.send("t", b"k", value)


def values(kafka: KafkaConnection, count: int) -> list[bytes | None]:
    """Read until `count` records are there."""
    follower = Follower(kafka, {("t", 0): 0})
    found: list[bytes | None] = []

    def read_on() -> bool:
        found.extend(message.value() for message in follower.next_batch(0.1))
        return len(found) >= count

    eventually(read_on)
    follower.close()
    return found


def test_a_broker_that_is_away_is_known_at_once_and_so_is_its_return(tmp_path: Path) -> None:
    spec = kafka_process(StackSettings(data_dir=tmp_path), Silent())
    kafka = KafkaConnection(bootstrap_servers=bootstrap_servers(spec))
    with asyncio.Runner() as runner:
        with running(spec, tmp_path / "kafka.log"):
            create_topics(kafka, [TopicSpec(name="t", partitions=1)])
            outbox = runner.run(make(kafka))
            runner.run(send(outbox, b"1"))
        eventually(lambda: outbox.is_down, within_s=20)
        with pytest.raises(Unreachable, match="nothing was sent"):
            runner.run(send(outbox, b"2"))
        with running(spec, tmp_path / "kafka.log"):
            eventually(lambda: not outbox.is_down, within_s=20)
            runner.run(send(outbox, b"3"))
            assert values(kafka, 2) == [b"1", b"3"]
            runner.run(outbox.close())
