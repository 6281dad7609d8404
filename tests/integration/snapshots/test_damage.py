"""Rows of Postgres that were changed or deleted behind the stage's back."""

from __future__ import annotations

import psycopg
import pytest

from engine.events import Commit, RunCompleted
from engine.replay import replay
from engine.snapshot import state_hash
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotReader
from schemas.codec import decode_as
from streams.snapshots.stage import RecordsSkipped, SnapshotsStage
from tests.chain_log import ChainLog, steps

PARTITION = 2


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    "damage",
    ["update runs set state = '[]'", "update runs set state_hash = 'x'", "delete from runs where run_id = 'run-1'"],
)
def test_a_damaged_state_is_noticed_and_mended_from_the_log(
    stage: SnapshotsStage, snapshots_url: str, log: ChainLog, damage: str
) -> None:
    for n in range(2):
        log.start(f"run-{n}")
    for n in range(2):
        log.commit(f"run-{n}", *steps(2))
    stage.take(PARTITION, log.records)
    stage.flush()
    with psycopg.connect(snapshots_url) as connection:
        connection.execute(damage.encode())
    with pytest.raises(ConnectionError, match="run-1"):
        SnapshotReader(Session(snapshots_url)).load_runs(PARTITION, ["run-1"])
    log.commit("run-1", RunCompleted(output="1"))
    stage.drop(PARTITION)
    stage.take(PARTITION, log.records)
    stage.flush()
    assert stage.tally.mended_runs == 1
    assert rows(snapshots_url, "select status, commits from runs where run_id = 'run-1'") == [("completed", 3)]
    commits = [decode_as(Commit, record.value) for record in log.records]
    expected = state_hash(replay("run-1", [commit for commit in commits if commit.run_id == "run-1"]))
    assert rows(snapshots_url, "select state_hash from runs where run_id = 'run-1'") == [(expected,)]


@pytest.mark.parametrize("damage", ["delete from run_commits where seq = 1", "truncate run_commits"])
def test_a_partition_whose_damage_cannot_be_mended_begins_again(
    stage: SnapshotsStage, snapshots_url: str, log: ChainLog, damage: str
) -> None:
    log.start("run-1")
    log.commit("run-1", *steps(2))
    stage.take(PARTITION, log.records)
    stage.flush()
    with psycopg.connect(snapshots_url) as connection:
        connection.execute(damage.encode())
        connection.execute("delete from runs")
    log.commit("run-1", RunCompleted(output="1"))
    stage.drop(PARTITION)
    with pytest.raises(RecordsSkipped) as skipped:
        stage.take(PARTITION, log.records)
    assert skipped.value.expected == 0
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select status, commits from runs") == [("completed", 3)]
