"""The role on a real Kafka and a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from engine.events import Commit, RunCompleted
from engine.replay import replay
from engine.snapshot import state_hash
from infra.kafka import KafkaConnection, TopicSpec, create_topics, producer
from infra.postgres_session import Session
from infra.settings import Settings, load_settings
from infra.snapshots_store import SnapshotStore
from schemas import codec
from schemas.records import Definition
from schemas.topics import DEAD_LETTERS, DEFINITIONS, EVENTS
from streams.process import Stage
from streams.snapshots.role import snapshots_role
from tests.chain_log import ChainLog
from tests.eventually import eventually_async

PARTITIONS = 2
WITHIN_S = 40.0


@dataclass
class Place:
    """One test's topics and database."""

    kafka: KafkaConnection
    url: str
    settings: Settings

    def topic(self, name: str) -> str:
        return f"{self.settings.kafka.topic_prefix}{name}"

    def publish(self, topic: str, values: list[bytes | None], partition: int = 0) -> None:
        sender = producer(self.kafka)
        for value in values:
            sender.produce(self.topic(topic), value, b"key", partition)
        sender.flush()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def offset(self, partition: int) -> int:
        store = SnapshotStore(Session(self.url))
        try:
            watermark = store.watermark(partition)
        finally:
            store.close()
        return -1 if watermark is None else watermark.offset

    def allow_connections(self, *, allowed: bool) -> None:
        base, name = self.url.rsplit("/", 1)
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            change = sql.SQL("alter database {} allow_connections {}")
            connection.execute(change.format(sql.Identifier(name), sql.Literal(allowed)))
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])


@pytest.fixture
def place(kafka: KafkaConnection, snapshots_url: str, topic_prefix: str) -> Place:
    settings = load_settings({"AGENTOS_TOPIC_PREFIX": topic_prefix, "AGENTOS_PARTITIONS": str(PARTITIONS)})
    create_topics(
        kafka,
        [
            TopicSpec(
                name=topic.full_name(topic_prefix), partitions=topic.partitions or PARTITIONS, config=topic.config
            )
            for topic in (EVENTS, DEFINITIONS, DEAD_LETTERS)
        ],
    )
    return Place(kafka=kafka, url=snapshots_url, settings=settings)


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[Stage]:
    stage = snapshots_role(place.settings, place.kafka, place.url)
    tasks = [asyncio.create_task(work()) for work in stage.background]
    await stage.app.start()
    try:
        yield stage
    finally:
        await stage.app.stop()
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [error for error in ended if isinstance(error, Exception)]


def values(log: ChainLog, start: int = 0) -> list[bytes | None]:
    return [record.value for record in log.records[start:]]


async def until(condition: Callable[[], object]) -> None:
    async def asked() -> object:
        return condition()

    await eventually_async(asked, within_s=WITHIN_S)


def assert_equal_to_the_log(place: Place, logs: dict[int, ChainLog]) -> None:
    store = SnapshotStore(Session(place.url))
    for partition, log in logs.items():
        commits = [codec.decode_as(Commit, record.value) for record in log.records]
        stored = store.content(partition).hashes
        assert set(stored) == {commit.run_id for commit in commits}
        for run_id, digest in stored.items():
            assert digest == state_hash(replay(run_id, [c for c in commits if c.run_id == run_id]))
    store.close()


async def test_what_is_on_the_topic_comes_to_postgres_also_after_a_restart_and_a_loss_of_all_rows(place: Place) -> None:
    logs = {partition: ChainLog() for partition in range(PARTITIONS)}
    for partition, log in logs.items():
        for n in range(50):
            log.start(f"run-{partition}-{n}")
        place.publish("events", values(log), partition)
    async with running(place):
        await until(lambda: all(place.offset(partition) == 49 for partition in logs))
        for partition, log in logs.items():
            for n in range(20):
                log.commit(f"run-{partition}-{n}", RunCompleted(output="1"))
            place.publish("events", values(log, 50), partition)
        await until(lambda: all(place.offset(partition) == 69 for partition in logs))
    assert_equal_to_the_log(place, logs)

    with psycopg.connect(place.url) as connection:
        connection.execute("truncate runs, run_commits, run_counts, watermarks")
    async with running(place):
        await until(lambda: all(place.offset(partition) == 69 for partition in logs))
    assert_equal_to_the_log(place, logs)


async def test_while_postgres_is_away_it_says_so_and_later_goes_on(place: Place) -> None:
    log = ChainLog()
    log.start("run-1")
    async with running(place) as stage:
        place.publish("events", values(log))
        await until(lambda: place.offset(0) == 0)
        place.allow_connections(allowed=False)
        log.start("run-2")
        place.publish("events", values(log, 1))
        await until(lambda: b"Postgres" in stage.health.answer("/health/ready").body)
        log.start("run-3")
        place.publish("events", values(log, 2))
        place.allow_connections(allowed=True)
        await until(lambda: place.offset(0) == 2)
        await until(lambda: b"Postgres" not in stage.health.answer("/health/ready").body)
    assert_equal_to_the_log(place, {0: log})


async def test_a_record_that_cannot_be_read_becomes_a_dead_letter_and_the_rest_goes_on(place: Place) -> None:
    log = ChainLog()
    log.start("run-1")
    log.raw(b"junk")
    log.start("run-2")
    async with running(place):
        place.publish("events", values(log))
        await until(lambda: place.offset(0) == 2)
        await until(lambda: place.rows("select 1 from dead_letters"))
    assert place.rows("select stage, source_topic, source_offset from dead_letters") == [
        ("snapshots", place.topic("events"), 1)
    ]
    assert place.rows("select run_id from runs order by 1") == [("run-1",), ("run-2",)]


async def test_the_first_definition_of_a_key_counts(place: Place) -> None:
    def definition(text: str, version: str) -> bytes:
        return codec.encode(
            Definition(
                namespace="shop",
                name="refund",
                version=version,
                text=text,
                document="{}",
                digest="d",
                published_at_ms=1,
                actor="user:test",
            )
        )

    async with running(place):
        place.publish("definitions", [definition("first", "1.0.0"), definition("second", "1.0.0"), b"junk"])
        place.publish("definitions", [definition("other", "2.0.0")])
        await until(lambda: len(place.rows("select 1 from definitions")) == 2)
    assert place.rows("select version, text, log_offset from definitions order by 1") == [
        ("1.0.0", "first", 0),
        ("2.0.0", "other", 3),
    ]


async def test_two_processes_share_the_partitions(place: Place) -> None:
    logs = {partition: ChainLog() for partition in range(PARTITIONS)}
    async with running(place):
        for partition, log in logs.items():
            log.start(f"run-{partition}")
            place.publish("events", values(log), partition)
        await until(lambda: all(place.offset(partition) == 0 for partition in logs))
        async with running(place):
            for partition, log in logs.items():
                log.commit(f"run-{partition}", RunCompleted(output="1"))
                place.publish("events", values(log, 1), partition)
            await until(lambda: all(place.offset(partition) == 1 for partition in logs))
    assert_equal_to_the_log(place, logs)


async def test_a_log_that_ends_before_what_postgres_has_halts_the_partition(place: Place) -> None:
    log = ChainLog()
    log.start("run-1")
    with psycopg.connect(place.url) as connection:
        connection.execute("insert into watermarks (topic, partition, log_offset) values ('events', 1, 500)")
    place.publish("events", values(log))
    async with running(place) as stage:
        await until(lambda: place.offset(0) == 0)
        await until(lambda: b"another log" in stage.health.answer("/health/ready").body)
