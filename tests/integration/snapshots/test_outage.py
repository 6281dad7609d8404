"""A Postgres of its own that is killed, stopped and started again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from engine.events import RunCompleted
from infra.embedded.postgres_server import database_url, postgres_process
from infra.embedded.single import running
from infra.postgres import migrate, wait_for_postgres
from infra.postgres_session import Session
from infra.settings import StackSettings
from infra.snapshots_store import SnapshotStore
from streams.snapshots.stage import Outside, SnapshotsStage, StageLimits
from tests.chain_log import ChainLog
from tests.conftest import Silent

NOWHERE = Outside(on_malformed=lambda _, __: None, values_at=lambda _, __: [])


def test_the_stage_goes_on_where_it_was_when_postgres_was_started_again(tmp_path: Path) -> None:
    settings = StackSettings(data_dir=tmp_path)
    spec = postgres_process(settings, Silent())
    url = database_url(settings, spec)
    stage = SnapshotsStage(SnapshotStore(Session(url)), StageLimits(), NOWHERE)
    log = ChainLog()
    log.start("run-1")
    with running(spec, tmp_path / "first.log"):
        wait_for_postgres(url)
        migrate(url)
        stage.take(0, log.records)
        stage.flush()
        log.commit("run-1", RunCompleted(output="1"))
        stage.take(0, log.records)
    with pytest.raises(ConnectionError):
        stage.flush()
    with pytest.raises(ConnectionError):
        stage.flush()
    with running(spec, tmp_path / "second.log"):
        wait_for_postgres(url)
        stage.flush()
        with psycopg.connect(url) as connection:
            assert connection.execute("select status, commits from runs").fetchall() == [("completed", 2)]


def test_a_postgres_that_does_not_answer_holds_nobody_for_longer_than_the_deadline(snapshots_url: str) -> None:
    session = Session(snapshots_url, answer_s=1.0)
    with session.transaction() as cursor:
        row = cursor.execute("select pg_backend_pid()").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGSTOP)
    began_at = time.monotonic()
    try:
        with pytest.raises(ConnectionError), session.transaction() as cursor:
            cursor.execute("select 1")
    finally:
        os.kill(row[0], signal.SIGCONT)
    assert time.monotonic() - began_at < 4
    with session.transaction() as cursor:
        assert cursor.execute("select 1").fetchone() == (1,)
    session.close()
