"""Lists and counts as they were at an instant, against a replay of the log up to it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from engine.events import Commit, RunCompleted, RunFaulted, TaskStarted, TimerStarted
from engine.replay import apply, new_state
from engine.state import RunState, phase
from infra.read_models import Database, RunFilter, Runs
from infra.settings import PostgresSettings
from schemas.codec import decode_as
from streams.snapshots.stage import SnapshotsStage
from tests.chain_log import AT_MS, ChainLog, steps

RUNS = 12


@pytest.fixture
def told() -> ChainLog:
    """Runs that wait, end, and fault, one commit a millisecond."""
    log = ChainLog()
    for number in range(RUNS):
        log.start(f"run-{number:02}")
    for number in range(RUNS):
        run_id = f"run-{number:02}"
        timer = TimerStarted(timer_id="/do/0/w#1", path="/do/0/w", purpose="wait", fire_at_ms=9)
        if number % 3 == 0:
            log.commit(run_id, *steps(2), RunCompleted(output="1"))
        elif number % 3 == 1:
            log.commit(run_id, TaskStarted(path="/do/0/w", kind="wait"), timer)
        else:
            log.commit(run_id, RunFaulted(error='{"title": "gone"}', path=""))
    return log


def at(offset: int) -> datetime:
    return datetime.fromtimestamp((AT_MS + offset) / 1000, UTC)


def states(log: ChainLog, offset: int) -> dict[str, RunState]:
    found: dict[str, RunState] = {}
    for record in log.records[: offset + 1]:
        commit = decode_as(Commit, record.value)
        state = found.setdefault(commit.run_id, RunState(run_id=commit.run_id))
        assert type(state) is type(new_state(commit.run_id))
        apply(state, commit)
    return found


async def test_lists_and_counts_at_every_instant_are_those_of_a_replay(
    told: ChainLog, stage: SnapshotsStage, snapshots_url: str
) -> None:
    for start in range(0, len(told.records), 5):
        stage.take(0, told.records[start : start + 5])
        stage.flush()
    async with Database(snapshots_url, PostgresSettings()) as database:
        runs = Runs(database)
        for offset in range(len(told.records)):
            expected = states(told, offset)
            counts = await runs.counts(RunFilter(as_of=at(offset)))
            assert {each.status: each.runs for each in counts} == Counter(map(phase, expected.values()))
            page = await runs.page(RunFilter(as_of=at(offset)), limit=100)
            assert {(run.run_id, run.status, run.seq, run.ended_at) for run in page.runs} == {
                (state.run_id, phase(state), state.seq, _moment(state.ended_at_ms)) for state in expected.values()
            }
        faulted = await runs.page(RunFilter(as_of=at(RUNS + 5), statuses=("faulted",)))
        assert [run.run_id for run in faulted.runs] == ["run-05", "run-02"]
        assert [run.error_title for run in faulted.runs] == ["gone", "gone"]
        assert await runs.counts(RunFilter(as_of=at(-5))) == []
        assert (await runs.page(RunFilter(as_of=at(-5)))).runs == ()


async def test_pages_of_the_past_follow_each_other(told: ChainLog, stage: SnapshotsStage, snapshots_url: str) -> None:
    stage.take(0, told.records)
    stage.flush()
    async with Database(snapshots_url, PostgresSettings()) as database:
        runs = Runs(database)
        found, after = [], None
        while True:
            page = await runs.page(RunFilter(as_of=at(7)), after=after, limit=3)
            found += [run.run_id for run in page.runs]
            after = page.next_cursor
            if after is None:
                break
    assert found == [f"run-{number:02}" for number in range(7, -1, -1)]


def _moment(at_ms: int) -> datetime | None:
    return datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None
