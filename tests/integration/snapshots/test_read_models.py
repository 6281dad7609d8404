from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.events import CommandRejected, RunCompleted, RunFaulted
from engine.snapshot import load
from infra.postgres_session import Unavailable
from infra.read_models import Database, Definitions, InvalidCursor, RunFilter, Runs, RunSort
from infra.settings import PostgresSettings
from streams.snapshots.stage import SnapshotsStage
from tests.chain_log import AT_MS, ChainLog

START = datetime.fromtimestamp(AT_MS / 1000, UTC)
ERROR = '{"type": "https://errors.test/boom", "title": "Boom", "status": 500}'


@pytest.fixture
async def runs(snapshots_url: str, stage: SnapshotsStage) -> AsyncIterator[Runs]:
    log = ChainLog()
    for n in range(10):
        log.start(f"run-{n:02}")
    log.commit("run-00", RunFaulted(error=ERROR, path="/do/0/pay"))
    for n in (1, 2, 3):
        log.commit(f"run-{n:02}", RunCompleted(output="1"))
    log.commit("gate:shop/refund/all", CommandRejected(command="AcquireSlot", reason="no"))
    log.commit("nobody", CommandRejected(command="CancelRun", reason="unknown run"))
    stage.take(0, log.records)
    stage.flush()
    async with Database(snapshots_url, PostgresSettings()) as database:
        yield Runs(database)


async def ids(runs: Runs, wanted: RunFilter, sort: RunSort = RunSort.STARTED_FIRST) -> list[str]:
    return [run.run_id for run in (await runs.page(wanted, sort)).runs]


async def test_a_run_has_its_columns_and_state(runs: Runs) -> None:
    found = await runs.get("run-00")
    assert found is not None
    assert (found.status, found.error_type, found.error_title, found.error_status, found.error_path) == (
        "faulted",
        "https://errors.test/boom",
        "Boom",
        500,
        "/do/0/pay",
    )
    assert (found.started_at, found.ended_at) == (START, START + timedelta(milliseconds=10))
    assert load(found.state).seq == found.seq == 3


@pytest.mark.parametrize("run_id", ["", "run", "nobody", "gate:shop/refund/all", "\0"])
async def test_what_is_not_a_run_is_not_found(runs: Runs, run_id: str) -> None:
    assert await runs.get(run_id) is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RunFilter(statuses=("faulted", "completed")), ["run-00", "run-01", "run-02", "run-03"]),
        (RunFilter(error_type="https://errors.test/boom"), ["run-00"]),
        (RunFilter(id_prefix="run-05"), ["run-05"]),
        (RunFilter(id_prefix="%"), []),
        (RunFilter(namespace="shop", name="refund", version="1.0.0", id_prefix="run-09"), ["run-09"]),
        (RunFilter(namespace="other"), []),
        (RunFilter(waiting_for="timer"), []),
        (RunFilter(started_from=START + timedelta(milliseconds=8)), ["run-08", "run-09"]),
        (RunFilter(started_to=START), ["run-00"]),
        (RunFilter(updated_from=START + timedelta(milliseconds=12)), ["run-02", "run-03"]),
    ],
)
async def test_a_filter_narrows_the_list(runs: Runs, wanted: RunFilter, expected: list[str]) -> None:
    assert await ids(runs, wanted) == expected


@pytest.mark.parametrize("sort", list(RunSort))
async def test_pages_together_are_the_whole_list_once(runs: Runs, sort: RunSort) -> None:
    whole = await ids(runs, RunFilter(), sort)
    paged: list[str] = []
    after = None
    while True:
        page = await runs.page(RunFilter(), sort, after=after, limit=3)
        paged += [run.run_id for run in page.runs]
        after = page.next_cursor
        if after is None:
            break
    assert paged == whole
    assert len(whole) == len(set(whole)) == 10


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!!", "W10", "WyItc3RhcnRlZF9hdCIsMSwyXQ", "WyItc3RhcnRlZF9hdCIsIngiLCJ5Il0"]
)
async def test_a_cursor_nobody_gave_is_refused(runs: Runs, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await runs.page(RunFilter(), after=cursor)


async def test_runs_are_counted_by_definition_and_status(runs: Runs) -> None:
    assert {(count.name, count.status): count.runs for count in await runs.counts()} == {
        ("refund", "completed"): 3,
        ("refund", "faulted"): 1,
        ("refund", "running"): 6,
    }
    assert await runs.counts(RunFilter(namespace="other")) == []


async def test_the_commits_of_a_run_are_found_from_any_event_on(runs: Runs) -> None:
    assert [(place.seq, place.log_offset) for place in await runs.commit_places("run-01")] == [(1, 1), (3, 11)]
    assert [place.seq for place in await runs.commit_places("run-01", from_seq=2)] == [1, 3]
    assert [place.seq for place in await runs.commit_places("run-01", from_seq=3)] == [3]


async def test_the_nearest_state_has_no_later_event(runs: Runs) -> None:
    newest = await runs.nearest_state("run-01", 99)
    assert newest is not None
    assert newest == await runs.newest_state("run-01")
    assert await runs.nearest_state("run-01", 1) is None


async def test_an_absent_postgres_is_one_kind_of_error() -> None:
    settings = PostgresSettings.model_validate({"AGENTOS_DATABASE_TIMEOUT_S": "1"})
    async with Database("postgresql://postgres@127.0.0.1:1/none", settings) as database:
        with pytest.raises(Unavailable):
            await Runs(database).get("run-1")
        with pytest.raises(Unavailable):
            await Definitions(database).progress()


async def test_progress_says_how_far_postgres_is(runs: Runs, snapshots_url: str) -> None:
    async with Database(snapshots_url, PostgresSettings()) as database:
        (progress,) = await Definitions(database).progress()
    assert (progress.topic, progress.partition, progress.log_offset, progress.accepted) == ("events", 0, 15, 16)
