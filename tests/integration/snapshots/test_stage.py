from __future__ import annotations

import psycopg
import pytest

from engine.events import CommandRejected, Commit, RunCompleted, RunFaulted, TaskScheduled, TaskStarted, TimerStarted
from engine.replay import replay
from engine.snapshot import load, state_hash
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotStore
from schemas.codec import decode_as
from streams.snapshots.fold import FoldLimits, Malformed
from streams.snapshots.stage import Outside, RecordsSkipped, SnapshotsStage, StageLimits
from tests.chain_log import ChainLog, steps

PARTITION = 2
NOWHERE = Outside(on_malformed=lambda _, __: None, values_at=lambda _, __: [])


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def another(url: str) -> SnapshotsStage:
    return SnapshotsStage(SnapshotStore(Session(url)), StageLimits(every_commits=3), NOWHERE)


def test_a_run_is_stored_with_its_columns_state_and_commit(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    log.whole("run-1")
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select namespace, name, version, status, seq, commits, commit_offset from runs") == [
        ("shop", "refund", "1.0.0", "completed", 6, 1, 0)
    ]
    assert rows(snapshots_url, "select run_id, seq, log_offset from run_commits") == [("run-1", 1, 0)]
    assert rows(snapshots_url, "select status, runs from run_counts") == [("completed", 1)]
    ((text, digest),) = rows(snapshots_url, "select state, state_hash from runs")
    assert state_hash(load(str(text))) == digest


def test_what_is_stored_equals_a_replay_of_the_log(stage: SnapshotsStage, store: SnapshotStore) -> None:
    log = ChainLog()
    for n in range(20):
        log.start(f"run-{n}")
        stage.take(PARTITION, log.records)
        stage.flush()
    for n in range(20):
        log.commit(f"run-{n}", *steps(2))
    for n in range(10):
        log.commit(f"run-{n}", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    commits = [decode_as(Commit, record.value) for record in log.records]
    for run_id, digest in store.content(PARTITION).hashes.items():
        assert digest == state_hash(replay(run_id, [c for c in commits if c.run_id == run_id]))


def test_a_zombie_commit_is_skipped_and_counted(stage: SnapshotsStage, store: SnapshotStore) -> None:
    log = ChainLog()
    log.start("run-1")
    log.commit("run-1", RunFaulted(error="{}", path=""), parent=b"x" * 16)
    log.commit("run-1", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    watermark = store.watermark(PARTITION)
    assert watermark is not None
    assert (watermark.offset, watermark.accepted, watermark.skipped) == (2, 2, 1)
    assert watermark.head == log.head
    assert watermark.command_offset == 4


def test_a_malformed_record_is_reported_and_does_not_stop_the_partition(
    stage: SnapshotsStage, store: SnapshotStore, malformed: list[tuple[int, Malformed]]
) -> None:
    log = ChainLog()
    log.start("run-1")
    for junk in (None, b"", b"junk", b"\0\0\0\xff\xff1234", (log.records[0].value or b"")[:20]):
        log.raw(junk)
    log.commit("run-1", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    assert [found.record.offset for _, found in malformed] == [1, 2, 3, 4, 5]
    assert load(store.load_runs(PARTITION, ["run-1"])["run-1"].state).status == "completed"


def test_records_read_before_are_left_out_and_a_gap_is_refused(stage: SnapshotsStage, store: SnapshotStore) -> None:
    log = ChainLog()
    for n in range(6):
        log.whole(f"run-{n}")
    stage.take(PARTITION, log.records[:3])
    stage.take(PARTITION, log.records[1:4])
    with pytest.raises(RecordsSkipped) as gap:
        stage.take(PARTITION, log.records[5:])
    assert (gap.value.expected, gap.value.found) == (4, 5)
    stage.take(PARTITION, log.records)
    stage.flush()
    assert len(store.content(PARTITION).hashes) == 6


def test_a_new_process_goes_on_from_the_watermark(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    log.start("run-1")
    log.start("run-2")
    stage.take(PARTITION, log.records)
    stage.flush()
    log.commit("run-1", *steps(1))
    stage.take(PARTITION, log.records)  # killed before it was written

    second = another(snapshots_url)
    assert second.next_offset(PARTITION) == 2
    log.commit("run-1", RunCompleted(output="1"))
    second.take(PARTITION, log.records)
    second.flush()
    assert rows(snapshots_url, "select run_id, status, commits from runs order by 1") == [
        ("run-1", "completed", 3),
        ("run-2", "running", 1),
    ]
    assert rows(snapshots_url, "select status, runs from run_counts order by 1") == [("completed", 1), ("running", 1)]
    assert second.tally.loaded_runs == 1


def test_of_two_writers_the_slower_is_refused_and_begins_again(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    log.start("run-1")
    zombie = another(snapshots_url)
    stage.take(PARTITION, log.records)
    zombie.take(PARTITION, log.records)
    log.commit("run-1", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    zombie.flush()
    assert zombie.tally.outrun == 1
    assert zombie.next_offset(PARTITION) == 2
    assert rows(snapshots_url, "select status, seq from runs") == [("completed", 3)]
    assert rows(snapshots_url, "select count(*) from run_commits") == [(2,)]


def test_a_refused_partition_does_not_hold_back_the_others(stage: SnapshotsStage, snapshots_url: str) -> None:
    logs = {0: ChainLog(), 1: ChainLog()}
    zombie = another(snapshots_url)
    for partition, log in logs.items():
        log.whole(f"run-{partition}")
        zombie.take(partition, log.records)
    stage.take(0, logs[0].records)
    stage.flush()
    zombie.flush()
    assert rows(snapshots_url, "select run_id from runs order by 1") == [("run-0",), ("run-1",)]


def test_timers_live_and_end_with_their_runs(stage: SnapshotsStage, store: SnapshotStore) -> None:
    log = ChainLog()
    for run_id in ("run-1", "run-2"):
        log.start(run_id)
        log.commit(
            run_id,
            TaskStarted(path="/do/0/nap", kind="wait"),
            TimerStarted(timer_id="/do/0/nap#wait", path="/do/0/nap", purpose="wait", fire_at_ms=5_000),
        )
    stage.take(PARTITION, log.records)
    stage.flush()
    assert [timer.run_id for timer in store.timers_due(PARTITION, 5_000)] == ["run-1", "run-2"]
    assert store.timers_due(PARTITION, 4_999) == []
    assert store.timers_due(PARTITION + 1, 5_000) == []
    log.commit("run-1", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    assert [timer.run_id for timer in store.timers_due(PARTITION, 5_000)] == ["run-2"]


def test_every_nth_commit_of_a_run_is_kept_as_a_snapshot(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    log.start("run-1")
    for _ in range(6):
        log.commit("run-1", CommandRejected(command="CompleteTask", reason="not now"))
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select seq, commit_offset from snapshots order by 1") == [(4, 2), (7, 5)]


def test_what_a_run_waits_for_is_a_column(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    log.start("run-1")
    log.commit(
        "run-1",
        TaskStarted(path="/do/0/pay", kind="call"),
        TaskScheduled(path="/do/0/pay", attempt=1, node_type="http", arguments="{}"),
    )
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select waiting_for from runs") == [("worker",)]


def test_text_that_postgres_cannot_keep_does_not_stop_the_partition(
    stage: SnapshotsStage, store: SnapshotStore, snapshots_url: str
) -> None:
    log = ChainLog()
    error = '{"type": "x\\u0000\\ud800", "title": "t\\u0000", "status": 99999999999}'
    log.start("run-\0", input='"\\u0000\\ud800"')
    log.commit("run-\0", RunFaulted(error=error, path="/do/\0"))
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select error_type, error_status from runs") == [("x\ufffd?", None)]
    assert load(store.load_runs(PARTITION, ["run-\0"])["run-\0"].state).run_id == "run-\0"


def test_a_log_that_does_not_begin_at_the_beginning_halts_instead_of_beginning_again_for_ever(
    stage: SnapshotsStage, log: ChainLog
) -> None:
    log.seqs["run-1"] = 40
    log.commit("run-1", RunCompleted(output="1"))
    with pytest.raises(RecordsSkipped):
        stage.take(PARTITION, log.records)
    stage.take(PARTITION, log.records)
    assert "run-1" in stage.halted[PARTITION]


def test_an_impossible_commit_halts_its_partition_alone(stage: SnapshotsStage, store: SnapshotStore) -> None:
    log, other = ChainLog(), ChainLog()
    log.start("run-1")
    stage.take(PARTITION, log.records)
    stage.flush()
    log.seqs["run-1"] = 40
    log.commit("run-1", RunCompleted(output="1"))
    other.whole("run-2")
    stage.take(PARTITION, log.records)
    stage.take(0, other.records)
    stage.flush()
    assert "expected event 3, found 41" in stage.halted[PARTITION]
    watermark = store.watermark(PARTITION)
    assert watermark is not None
    assert watermark.offset == 0
    assert len(store.content(0).hashes) == 1


def test_memory_holds_a_bounded_number_of_runs_and_the_rest_come_back(snapshots_url: str) -> None:
    store = SnapshotStore(Session(snapshots_url))
    limits = StageLimits(fold=FoldLimits(runs_in_memory=5))
    stage = SnapshotsStage(store, limits, NOWHERE)
    log = ChainLog()
    for n in range(50):
        log.start(f"run-{n}")
    stage.take(PARTITION, log.records)
    stage.flush()
    assert stage.runs_in_memory == 5
    for n in range(50):
        log.commit(f"run-{n}", RunCompleted(output="1"))
    stage.take(PARTITION, log.records)
    stage.flush()
    assert rows(snapshots_url, "select status, count(*) from runs group by 1") == [("completed", 50)]
    assert stage.runs_in_memory == 0


def test_deleting_a_watermark_makes_the_partition_begin_again(stage: SnapshotsStage, snapshots_url: str) -> None:
    log = ChainLog()
    for n in range(3):
        log.whole(f"run-{n}")
    stage.take(PARTITION, log.records)
    stage.flush()
    with psycopg.connect(snapshots_url) as connection:
        connection.execute("delete from watermarks")
    second = another(snapshots_url)
    second.take(PARTITION, log.records)
    second.flush()
    assert rows(snapshots_url, "select runs from run_counts") == [(3,)]


def test_while_postgres_is_away_nothing_is_lost_and_the_next_call_goes_on(
    stage: SnapshotsStage, snapshots_url: str
) -> None:
    log = ChainLog()
    log.start("run-1")
    stage.take(PARTITION, log.records)
    stage.flush()
    log.start("run-2")
    stage.take(PARTITION, log.records)
    name = snapshots_url.rsplit("/", 1)[1]
    admin = snapshots_url.rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        for _ in range(2):
            with pytest.raises(ConnectionError):
                stage.flush()
        assert stage.is_full
        assert stage.pending == 1
        connection.execute(f"alter database {name} allow_connections true")
    stage.flush()
    assert stage.pending == 0
    assert rows(snapshots_url, "select run_id from runs order by 1") == [("run-1",), ("run-2",)]
