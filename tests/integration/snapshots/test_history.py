from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest

from engine.errors import CorruptHistory
from engine.events import Commit, RunCompleted, RunFaulted
from engine.replay import fold, new_state, replay
from engine.snapshot import state_hash
from infra.errors import RecordsMissing
from infra.event_log import EventLog
from infra.history import History
from infra.kafka import KafkaConnection, TopicSpec, create_topics, producer
from infra.log_places import stretches
from infra.read_models import Database, Runs
from infra.settings import PostgresSettings
from infra.snapshot_rows import text_hash
from infra.snapshots_store import SnapshotStore, Watermark
from schemas.codec import decode_as
from streams.snapshots.stage import SnapshotsStage
from streams.verify import verify
from tests.chain_log import ChainLog, steps

TOPIC = "events"


@dataclass
class World:
    """A log on a topic and in Postgres."""

    log: ChainLog
    topic: str
    kafka: KafkaConnection
    history: History

    def publish(self, start: int) -> None:
        sender = producer(self.kafka)
        for record in self.log.records[start:]:
            sender.produce(self.topic, record.value, b"key", 0)
        sender.flush()

    def commits(self, run_id: str) -> list[Commit]:
        read = [decode_as(Commit, record.value) for record in self.log.records]
        return [commit for commit in read if commit.run_id == run_id]


@pytest.fixture
async def world(
    kafka: KafkaConnection, snapshots_url: str, topic_prefix: str, stage: SnapshotsStage
) -> AsyncIterator[World]:
    log = ChainLog()
    for n in range(30):
        log.start(f"run-{n}")
    for _ in range(40):
        for n in range(30):
            log.commit(f"run-{n}", *steps(2))
    topic = f"{topic_prefix}{TOPIC}"
    create_topics(kafka, [TopicSpec(name=topic, partitions=1)])
    stage.take(0, log.records)
    stage.flush()
    async with Database(snapshots_url, PostgresSettings()) as database:
        world = World(log, topic, kafka, History(Runs(database), EventLog(kafka, topic), every_commits=3))
        world.publish(0)
        yield world
        await world.history.close()


async def test_a_history_is_read_from_kafka_by_the_places_in_postgres(world: World) -> None:
    assert await world.history.commits("run-7") == world.commits("run-7")
    assert await world.history.commits("run-7", 4, 2) == world.commits("run-7")[1:3]
    assert await world.history.commits("nobody") == []


async def test_the_state_at_any_event_is_that_of_a_replay(world: World) -> None:
    state = new_state("run-3")
    for commit in world.commits("run-3"):
        for event in commit.events:
            fold(state, event, commit.at_ms)
            if state.seq % 9 == 0:
                found = await world.history.state_at("run-3", state.seq)
                assert found is not None
                assert state_hash(found) == state_hash(state)
    assert await world.history.state_at("run-3", state.seq + 1) is None
    assert await world.history.state_at("run-3", 0) is None
    assert await world.history.state_at("nobody", 1) is None


async def test_the_tail_has_what_postgres_lacks_without_a_zombies_commits(world: World, store: SnapshotStore) -> None:
    watermark = store.watermark(0)
    assert watermark is not None
    assert await world.history.tail("run-1", 0, watermark) == []
    start = len(world.log.records)
    world.log.commit("run-1", RunFaulted(error="{}", path=""), parent=b"z" * 16)
    world.log.commit("run-2", *steps(1))
    world.log.commit("run-1", RunCompleted(output="1"))
    world.publish(start)
    assert await world.history.tail("run-1", 0, watermark) == world.commits("run-1")[-1:]


async def test_a_postgres_of_another_log_is_noticed(world: World, snapshots_url: str) -> None:
    with psycopg.connect(snapshots_url) as connection:
        connection.execute("update run_commits set log_offset = 100000 where run_id = 'run-1'")
        connection.execute("update run_commits set log_offset = 5 where run_id = 'run-2' and seq = 1")
    with pytest.raises(RecordsMissing):
        await world.history.commits("run-1", limit=1)
    with pytest.raises((RecordsMissing, CorruptHistory)):
        await world.history.commits("run-2", limit=1)


async def test_verification_finds_postgres_equal_to_the_log_and_names_what_differs(
    world: World, store: SnapshotStore, snapshots_url: str
) -> None:
    log = EventLog(world.kafka, world.topic)
    (verdict,) = verify(log, store)
    assert verdict.is_equal
    assert (verdict.accepted, verdict.runs, verdict.behind) == (1230, 30, 0)
    with psycopg.connect(snapshots_url) as connection:
        connection.execute("update runs set state_hash = 'x' where run_id = 'run-5'")
        connection.execute("delete from run_commits where run_id = 'run-6' and seq = 1")
        connection.execute("update run_counts set runs = 3")
    (verdict,) = verify(log, store)
    assert [sentence.split(":")[0] for sentence in verdict.mismatches] == [
        "indexed commits ",
        "state of run run-5",
        "number of runs ('shop', 'refund', '1.0.0', 'running')",
    ]


def test_places_near_each_other_are_read_in_one_stretch() -> None:
    assert stretches([1, 2, 400, 5000, 5001]) == [[1, 2, 400], [5000, 5001]]
    assert stretches([]) == []
    assert Watermark().offset == -1


@pytest.mark.parametrize(
    "damage",
    [
        "update snapshots set state = '[]'",
        "update snapshots set state_hash = 'x'",
        "update snapshots set state = '[]' where seq > 40",
        "delete from snapshots",
    ],
)
async def test_a_damaged_or_missing_snapshot_is_noticed_and_replaced_from_the_log(
    world: World, snapshots_url: str, damage: str
) -> None:
    with psycopg.connect(snapshots_url) as connection:
        connection.execute(damage.encode())
    for seq in (80, 77, 30):
        found = await world.history.state_at("run-3", seq)
        assert found is not None
        state = new_state("run-3")
        for commit in world.commits("run-3"):
            for number, event in enumerate(commit.events, start=commit.seq):
                if number <= seq:
                    fold(state, event, commit.at_ms)
        assert state_hash(found) == state_hash(state)
    with psycopg.connect(snapshots_url) as connection:
        rows = connection.execute("select seq, state, state_hash from snapshots where run_id = 'run-3'").fetchall()
    assert len([seq for seq, _, _ in rows if seq <= 80]) >= 13
    assert all(text_hash(text) == digest for seq, text, digest in rows if seq <= 80)


async def test_a_damaged_newest_state_is_read_from_the_log_and_put_right(world: World, snapshots_url: str) -> None:
    with psycopg.connect(snapshots_url) as connection:
        connection.execute("update runs set state = '[]' where run_id = 'run-1'")
        connection.execute("delete from runs where run_id = 'run-2'")
    for run_id in ("run-1", "run-2"):
        found = await world.history.newest(run_id)
        assert found is not None
        assert found.state_hash == state_hash(replay(run_id, world.commits(run_id)))
    with psycopg.connect(snapshots_url) as connection:
        row = connection.execute("select state, state_hash from runs where run_id = 'run-1'").fetchone()
    assert row is not None
    assert text_hash(row[0]) == row[1]
    assert await world.history.newest("nobody") is None


async def test_an_offset_or_an_instant_finds_the_event_before_it(world: World) -> None:
    commits = world.commits("run-9")
    offsets = [n for n, record in enumerate(world.log.records) if decode_as(Commit, record.value).run_id == "run-9"]
    runs = world.history._runs
    assert await runs.seq_at("run-9", offsets[4], None) == commits[5].seq - 1
    assert await runs.seq_at("run-9", offsets[5] - 1, None) == commits[5].seq - 1
    assert await runs.seq_at("run-9", None, commits[7].at_ms) == commits[8].seq - 1
    assert await runs.seq_at("run-9", offsets[0] - 1, None) == 0
    assert await runs.seq_at("run-9", 10**9, None) == commits[-1].seq + len(commits[-1].events) - 1
    assert await runs.seq_at("nobody", 1, None) is None
    assert await runs.first_offset("run-9") == offsets[0]
