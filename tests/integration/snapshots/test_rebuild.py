"""Everything in Postgres made anew from the log, beside a stage that goes on writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from engine.errors import CorruptHistory
from engine.events import RunCompleted, TaskStarted, TimerStarted
from infra.errors import RecordsMissing
from infra.event_log import EventLog
from infra.generations import GENERATION_TABLES, LIVE, NEXT, RebuildUnderWay, next_generation
from infra.index_store import IndexStore
from infra.kafka import KafkaConnection, TopicSpec, create_topics, producer
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotStore
from schemas.codec import encode
from schemas.records import DeadLetter, Definition
from streams.rebuild import Outcome, RebuildParts, Wanted, rebuild
from streams.snapshots.stage import Outside, SnapshotsStage, StageLimits
from streams.verify import verify
from tests.chain_log import ChainLog, LogRecord, steps

#: Tables that do not come from the log, and stay as they are when the others are made anew.
KEPT_TABLES = {"migrations"}
RUNS = 40


@dataclass
class World:
    """Two partitions of a log on a topic, and a stage that has read them."""

    logs: list[ChainLog]
    kafka: KafkaConnection
    prefix: str
    url: str
    stage: SnapshotsStage
    published: list[int]

    def append(self) -> None:
        """Put on the topic what is new in the logs, and let the stage read it."""
        sender = producer(self.kafka)
        for partition, log in enumerate(self.logs):
            new: list[LogRecord] = log.records[self.published[partition] :]
            for record in new:
                sender.produce(f"{self.prefix}events", record.value, b"key", partition)
            sender.flush()
            self.stage.take(partition, new)
            self.published[partition] = len(log.records)
        self.stage.flush()

    def parts(self) -> RebuildParts:
        def log(name: str) -> EventLog:
            return EventLog(self.kafka, f"{self.prefix}{name}")

        return RebuildParts(
            database_url=self.url,
            events=log("events"),
            definitions=log("definitions"),
            dead_letters=log("dead-letters"),
            every_commits=3,
        )

    def rebuilt(self, partition: int | None = None, offset: int | None = None) -> Outcome:
        return rebuild(self.parts(), Wanted(partition=partition, offset=offset, is_compared=True))

    def equals_the_log(self) -> bool:
        reader = SnapshotStore(Session(self.url))
        verdicts = verify(EventLog(self.kafka, f"{self.prefix}events"), reader)
        reader.close()
        return all(verdict.is_equal and verdict.behind == 0 for verdict in verdicts)


@pytest.fixture
def world(kafka: KafkaConnection, snapshots_url: str, topic_prefix: str) -> Iterator[World]:
    names = {"events": 2, "definitions": 1, "dead-letters": 1}
    create_topics(kafka, [TopicSpec(name=f"{topic_prefix}{name}", partitions=n) for name, n in names.items()])
    logs = [ChainLog(), ChainLog()]
    store = SnapshotStore(Session(snapshots_url))
    outside = Outside(on_malformed=lambda _, __: None, values_at=lambda n, at: [logs[n].records[o].value for o in at])
    stage = SnapshotsStage(store, StageLimits(every_commits=3), outside)
    made = World(logs, kafka, topic_prefix, snapshots_url, stage, [0, 0])
    for number in range(RUNS):
        log = logs[number % 2]
        log.start(f"run-{number}")
        log.commit(f"run-{number}", *steps(2), parent=b"z" * 16)
        log.commit(f"run-{number}", *steps(2))
        if number % 3:
            log.commit(f"run-{number}", RunCompleted(output="1"))
        else:
            timer = TimerStarted(timer_id=f"/do/0/w#{number}", path="/do/0/w", purpose="wait", fire_at_ms=9)
            log.commit(f"run-{number}", TaskStarted(path="/do/0/w", kind="wait"), timer)
    made.append()
    small_topics(made)
    yield made
    store.close()


def small_topics(world: World) -> None:
    """Publish a definition and bury a record, on the topics and in Postgres."""
    definition = Definition(
        namespace="shop", name="refund", version="1.0.0", text="x", document="{}", digest="d", published_at_ms=5,
        actor="a",
    )  # fmt: skip
    letter = DeadLetter(stage="s", reason="r", topic="t", partition=0, offset=3, at_ms=7)
    sender = producer(world.kafka)
    sender.produce(f"{world.prefix}definitions", encode(definition), definition.key, 0)
    sender.produce(f"{world.prefix}dead-letters", encode(letter), b"s", 0)
    sender.flush()
    index = IndexStore(Session(world.url))
    index.add_definitions(0, [(0, definition)], 0)
    index.add_dead_letters(0, [(0, letter)], 0)
    index.close()


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def damage(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_what_is_rebuilt_is_what_was_there_and_the_stage_goes_on(world: World) -> None:
    outcome = world.rebuilt()
    assert outcome.differences == {}
    assert outcome.digests[0] == outcome.digests[1]
    assert outcome.records == sum(len(log.records) for log in world.logs)
    world.logs[0].commit("run-0", RunCompleted(output="2"))
    world.append()
    assert world.stage.tally.outrun == 0
    assert world.equals_the_log()
    schemas = rows(world.url, "select nspname from pg_namespace where nspname like 'agentos%'")
    assert schemas == []


def test_every_kind_of_damage_is_named_and_gone(world: World) -> None:
    damage(
        world.url,
        "update runs set state = '[]' where run_id = 'run-1'",
        "update runs set status = 'faulted' where run_id = 'run-2'",
        "delete from runs where run_id = 'run-3'",
        "insert into run_commits values ('ghost', 1, 0, 9, 9)",
        "update snapshots set state = '[]' where run_id = 'run-4'",
        "delete from timers where run_id = 'run-6'",
        "update run_counts set runs = 7 where status = 'completed'",
        "delete from definitions",
        "update dead_letters set reason = 'x'",
        "delete from run_phases where run_id = 'run-5'",
    )
    outcome = world.rebuilt()
    assert set(outcome.differences) == set(GENERATION_TABLES) - {"watermarks", "approvals"}
    assert outcome.differences["runs"] == ["run-1", "run-2", "run-3"]
    assert outcome.differences["timers"] == ["run-6//do/0/w#6"]
    assert world.equals_the_log()
    assert world.rebuilt().differences == {}


def test_one_partition_is_rebuilt_and_the_other_left_alone(world: World) -> None:
    damage(world.url, "update runs set status = 'x' where run_id in ('run-0', 'run-1')")
    outcome = world.rebuilt(partition=1)
    assert outcome.differences == {"runs": ["run-1"]}
    assert rows(world.url, "select run_id from runs where status = 'x'") == [("run-0",)]
    world.logs[1].commit("run-3", RunCompleted(output="2"))
    world.append()
    assert world.stage.tally.outrun == 0


@pytest.mark.parametrize("offset", [1, 40, 79])
def test_one_partition_is_rebuilt_from_any_offset_on(world: World, offset: int) -> None:
    assert world.rebuilt(partition=1, offset=offset).differences == {}
    newest = rows(world.url, "select run_id from runs where partition = 1 order by commit_offset desc limit 1")[0][0]
    damage(world.url, f"update runs set status = 'x', state = '[]' where run_id = '{newest}'")
    outcome = world.rebuilt(partition=1, offset=offset)
    assert outcome.differences == {"runs": [newest]}
    assert world.equals_the_log()
    world.logs[1].commit("run-3", RunCompleted(output="2"))
    world.append()
    assert world.stage.tally.outrun == 0
    assert world.equals_the_log()


def test_an_offset_that_is_not_there_or_does_not_fit_changes_nothing(world: World) -> None:
    with pytest.raises(RecordsMissing, match="from 1 to"):
        world.rebuilt(partition=1, offset=10**6)
    before = rows(world.url, "select * from runs order by run_id")
    damage(world.url, "delete from run_commits where partition = 1 and log_offset between 30 and 39")
    with pytest.raises(CorruptHistory, match="rebuild the whole partition"):
        world.rebuilt(partition=1, offset=40)
    assert rows(world.url, "select * from runs order by run_id") == before
    world.rebuilt(partition=1)
    assert world.equals_the_log()


def test_an_emptied_database_is_filled_to_the_end_of_the_log(world: World) -> None:
    damage(world.url, *(f"truncate {table}" for table in GENERATION_TABLES))
    world.rebuilt()
    assert world.equals_the_log()


def test_records_that_come_while_it_is_rebuilt_are_in_it(world: World) -> None:
    number = 0

    def more(_what: str, _done: int, _all: int) -> None:
        nonlocal number
        number += 1
        if number < 5:
            world.logs[number % 2].whole(f"late-{number}")
            world.append()

    outcome = rebuild(replace(world.parts(), progress=more, near_records=0), Wanted(is_compared=True))
    assert outcome.differences == {}
    assert world.equals_the_log()
    late = rows(world.url, "select count(*) from runs where run_id like 'late%'")
    assert late == [(4,)]


def test_a_record_nobody_can_fold_leaves_everything_as_it_was(world: World) -> None:
    before = rows(world.url, "select run_id, state_hash from runs order by 1")
    damage(world.url, f"create schema {NEXT}", f"create table {NEXT}.left_over (a int)")
    with next_generation(world.url), pytest.raises(RebuildUnderWay):
        world.rebuilt()
    assert rows(world.url, "select run_id, state_hash from runs order by 1") == before


def test_every_table_is_known_to_come_from_the_log_or_to_stay(world: World) -> None:
    found = rows(world.url, f"select tablename from pg_tables where schemaname = '{LIVE}'")
    assert {str(name) for (name,) in found} == KEPT_TABLES | set(GENERATION_TABLES), (
        "a new table: add it to GENERATION_TABLES if the log says everything in it, else to KEPT_TABLES"
    )
