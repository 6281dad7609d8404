"""Connections and migrations, on a real Postgres."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from infra.errors import MigrationMismatch, Unreachable
from infra.postgres import connect, migrate, open_pool, wait_for_postgres, why_not_ready
from infra.settings import PostgresSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (n int); INSERT INTO a VALUES (1);")
    (tmp_path / "0002_second.sql").write_text("UPDATE a SET n = n + 1;")
    return tmp_path


def test_new_migrations_are_applied_in_order_and_once(fresh_database: str, folder: Path) -> None:
    assert migrate(fresh_database, folder) == ["0001_first", "0002_second"]
    assert migrate(fresh_database, folder) == []

    with connect(fresh_database) as connection:
        assert connection.execute("SELECT n FROM a").fetchall() == [(2,)]


def test_processes_that_migrate_together_apply_each_file_once(fresh_database: str, folder: Path) -> None:
    threads = [threading.Thread(target=migrate, args=(fresh_database, folder)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    with connect(fresh_database) as connection:
        assert connection.execute("SELECT n FROM a").fetchall() == [(2,)]


def test_a_migration_that_fails_leaves_nothing_behind(fresh_database: str, folder: Path) -> None:
    (folder / "0003_wrong.sql").write_text("UPDATE nothing SET n = 1;")

    with pytest.raises(Exception, match="nothing"):
        migrate(fresh_database, folder)

    with connect(fresh_database) as connection:
        assert connection.execute("SELECT to_regclass('a')").fetchone() == (None,)


def test_a_changed_migration_is_refused(fresh_database: str, folder: Path) -> None:
    migrate(fresh_database, folder)
    (folder / "0002_second.sql").write_text("UPDATE a SET n = n + 2;")

    with pytest.raises(MigrationMismatch, match="migrated by 0002_second, found 0002_second with another text"):
        migrate(fresh_database, folder)


def test_a_database_of_a_newer_version_is_refused(fresh_database: str, folder: Path) -> None:
    migrate(fresh_database, folder)
    (folder / "0002_second.sql").unlink()

    with pytest.raises(MigrationMismatch, match="migrated by 0002_second, found no such file"):
        migrate(fresh_database, folder)


def test_a_gap_in_the_numbers_is_refused(fresh_database: str, folder: Path) -> None:
    (folder / "0004_fourth.sql").touch()

    with pytest.raises(MigrationMismatch, match=r"expected 0003_what_it_does\.sql, found 0004_fourth\.sql"):
        migrate(fresh_database, folder)


def test_a_postgres_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(Unreachable, match="Postgres at postgresql://127") as refused:
        wait_for_postgres("postgresql://me:secret@127.0.0.1:1/agentos", deadline_s=0.1)
    assert "secret" not in str(refused.value)


async def test_the_ready_check_gives_the_reason(database_url: str) -> None:
    assert await why_not_ready(database_url) is None
    assert "password authentication failed" in str(await why_not_ready(database_url.replace("agentos:", "agentos:x")))


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    async with open_pool(database_url, PostgresSettings(statement_timeout_s=0.1)) as pool:
        with pytest.raises(Exception, match="statement timeout"):
            async with pool.connection() as connection:
                await connection.execute("SELECT pg_sleep(10)")
