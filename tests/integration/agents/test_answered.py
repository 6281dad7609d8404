"""What a worker that takes a partition over knows of the tasks in it."""

from __future__ import annotations

from datetime import UTC, datetime

from faust.types import TP

from engine import commands as c
from infra.kafka import KafkaConnection, create_topics, producer
from infra.settings import KafkaSettings
from schemas.codec import encode
from schemas.topics import COMMANDS, task_topic
from streams.topics import topic_specs
from streams.worker.answered import Answered
from tests.unit.streams.fetched import Rec


async def test_tasks_with_a_younger_result_are_known_until_others_take_the_partition(
    kafka: KafkaConnection, topic_prefix: str
) -> None:
    create_topics(kafka, topic_specs(KafkaSettings(topic_prefix=topic_prefix, partitions=1), ["model"]))
    tasks, commands = task_topic("model").full_name(topic_prefix), COMMANDS.full_name(topic_prefix)
    client = producer(kafka)
    began_ms = int(datetime.now(UTC).timestamp() * 1000) - 1
    for path in ("/do/0/a", "/do/1/b", "/do/2/c"):
        client.produce(tasks, b"task", b"run")
        body = c.HeartbeatTask(path=path, attempt=1, worker="w", lease_ms=1)
        order = c.CompleteTask(path=path, attempt=1, output="{}") if path != "/do/2/c" else body
        client.produce(commands, encode(c.Command(run_id="run", command_id=path, actor="w", body=order)), b"run")
    assert client.flush(20) == 0

    answered = Answered(kafka, commands)
    place = TP(tasks, 0)
    old, new = Rec(tasks, 0, 1, began_ms), Rec(tasks, 0, 3, began_ms)
    await answered.look(place, [old])
    assert answered.has(old, ("run", "/do/1/b", 1))
    assert not answered.has(old, ("run", "/do/1/b", 2))
    assert not answered.has(old, ("run", "/do/2/c", 1))
    assert not answered.has(new, ("run", "/do/1/b", 1))
    assert not answered.has(Rec(tasks, 0, 1, began_ms + 3_600_000), ("run", "/do/1/b", 1))

    answered.keep([])
    assert not answered.has(old, ("run", "/do/1/b", 1))
