"""Connections to Postgres, its ready check, and the migrations in `infra/sql`."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from infra.errors import MigrationMismatch, Unreachable
from infra.settings import PostgresSettings

#: The numbered files that make the schema, as `0001_what_it_does.sql`.
MIGRATIONS = Path(__file__).parent / "sql"
MIGRATION_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")

#: Held while migrating, so that processes that start together do it one after the other.
MIGRATION_LOCK = 0x4147454E544F53

CONNECT_TIMEOUT_S = 5
POLL_S = 0.05

#: A row as psycopg gives it.
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """Give what tells whether the file was changed after it was applied."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


@contextmanager
def connect(database_url: str) -> Iterator[psycopg.Connection[Row]]:
    """Give a connection; its transaction is committed at the end, or rolled back on an error."""
    try:
        connection = psycopg.connect(database_url, connect_timeout=CONNECT_TIMEOUT_S)
    except psycopg.OperationalError as error:
        raise unreachable(database_url, error) from error
    with connection:
        yield connection


def open_pool(database_url: str, settings: PostgresSettings) -> AsyncConnectionPool:
    """Give a pool that is still closed: `async with pool:` opens it. It reconnects when Postgres comes back."""
    timeout_ms = int(settings.statement_timeout_s * 1000)
    return AsyncConnectionPool(
        database_url,
        min_size=1,
        max_size=settings.pool_size,
        open=False,
        timeout=CONNECT_TIMEOUT_S,
        reconnect_timeout=float("inf"),
        kwargs={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": f"-c statement_timeout={timeout_ms} -c timezone=UTC",
        },
    )


async def why_not_ready(database_url: str) -> str | None:
    """Give why Postgres does not answer, or None if it does."""
    try:
        async with await psycopg.AsyncConnection.connect(database_url, connect_timeout=2) as connection:
            await connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[-1]
    return None


def wait_for_postgres(database_url: str, *, deadline_s: float = 30) -> None:
    """Return once Postgres answers; raise `Unreachable` after `deadline_s`."""
    ends_at = time.monotonic() + deadline_s
    while True:
        try:
            with connect(database_url) as connection:
                connection.execute("SELECT 1")
            return
        except Unreachable:
            if time.monotonic() > ends_at:
                raise
            time.sleep(POLL_S)


def create_database(database_url: str, name: str) -> str:
    """Create the database `name` on the server of `database_url` if it is missing, and give its address."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return database_url.rsplit("/", 1)[0] + "/" + name


def drop_database(database_url: str, name: str) -> None:
    """Drop the database `name` on the server of `database_url`, whoever is connected to it."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(database_url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply the files of `folder` that are new, in order, in one transaction, and give their names.

    Raises `MigrationMismatch` when an applied file was changed since, or is not there.
    """
    migrations = read_migrations(folder)
    with connect(database_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        applied = _applied(connection)
        _check_applied(migrations, applied)
        new = [migration for migration in migrations if migration.number not in applied]
        for migration in new:
            _apply(connection, migration)
    return [migration.name for migration in new]


def read_migrations(folder: Path) -> list[Migration]:
    """Give the migrations of `folder` in order: numbered 0001, 0002, … without a gap."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = MIGRATION_NAME.fullmatch(path.name)
        if match is None or int(match["number"]) != len(found) + 1:
            raise MigrationMismatch(f"infra/sql: expected {len(found) + 1:04}_what_it_does.sql, found {path.name}")
        found.append(Migration(number=len(found) + 1, name=path.stem, text=path.read_text()))
    return found


def unreachable(database_url: str, error: psycopg.Error) -> Unreachable:
    """Give the error for a Postgres that does not answer. The password of `database_url` is not shown."""
    shown = re.sub(r"//[^@/]*@", "//", database_url)
    return Unreachable(
        f"Expected Postgres at {shown} to answer, found: {str(error).strip().splitlines()[-1]};"
        " check that it runs, and DATABASE_URL"
    )


def _applied(connection: psycopg.Connection[Row]) -> dict[int, tuple[str, str]]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (number int PRIMARY KEY, name text NOT NULL, digest text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    return {
        number: (name, digest)
        for number, name, digest in connection.execute("SELECT number, name, digest FROM migrations")
    }


def _check_applied(migrations: list[Migration], applied: dict[int, tuple[str, str]]) -> None:
    known = {migration.number: (migration.name, migration.digest) for migration in migrations}
    for number, row in sorted(applied.items()):
        if known.get(number) != row:
            found = known[number][0] + " with another text" if number in known else "no such file"
            raise MigrationMismatch(
                f"The database was migrated by {row[0]}, found {found}; run the version of AgentOS that made it or a"
                " newer one, or drop the database: it is rebuilt from the log"
            )


def _apply(connection: psycopg.Connection[Row], migration: Migration) -> None:
    connection.execute(migration.text.encode())
    connection.execute(
        "INSERT INTO migrations (number, name, digest) VALUES (%s, %s, %s)",
        [migration.number, migration.name, migration.digest],
    )
