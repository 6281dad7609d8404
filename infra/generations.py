"""A second generation of the tables that come from the log, filled beside the first and put in its place at once.

The new tables lie in a schema of their own, made by the same migrations, so that everything in it has the same names.
At the end writers are held for a moment by locks, the last records are folded, and in one transaction the tables change
their schemas. Statements of others name tables without a schema: they find the new ones, and know nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from infra.errors import InfrastructureError
from infra.postgres import CONNECT_TIMEOUT_S, MIGRATIONS, Row, read_migrations
from infra.postgres_session import unavailable
from infra.queries import queries
from infra.snapshots_store import EVENTS, PARTITION_TABLES

LIVE, NEXT, PAST = "public", "agentos_next", "agentos_past"
#: All tables that come from the log, in the order in which their writers take them.
GENERATION_TABLES = ("definitions", "dead_letters", "watermarks", *PARTITION_TABLES)
#: Columns that are not made of the log: when a row was written.
_NOT_FROM_LOG = frozenset({("watermarks", "updated_at")})
#: Held by whoever rebuilds.
TURN = 0x4147454E544F54
LOCK_TIMEOUT_MS = 3000
ATTEMPTS = 10
SQL = {name: sql.SQL(text) for name, text in queries("generations").items()}


class RebuildUnderWay(InfrastructureError):
    """Somebody else rebuilds these tables."""


class WritersBusy(Exception):
    """The locks could not be had in time: nothing was changed. Try again."""


@dataclass(slots=True)
class Generation:
    """The next generation, over a connection of its own. Made by `next_generation`."""

    connection: psycopg.Connection[Row]
    _indexes: list[str]

    def finish_tables(self) -> None:
        """Make the indexes that were left out while the tables were filled, and let Postgres know what is in them."""
        for definition in self._indexes:
            self.connection.execute(definition.encode())
        self._indexes = []
        for table in GENERATION_TABLES:
            self.connection.execute(sql.SQL("analyze {}").format(_named(NEXT, table)))

    def live_watermarks(self, topic: str = EVENTS) -> dict[int, int]:
        """Give how far the live tables are, by partition of a topic."""
        query = SQL["live_watermarks"].format(schema=sql.Identifier(LIVE))
        return dict(self.connection.execute(query, (topic,)).fetchall())

    @contextmanager
    def writers_held(self) -> Iterator[None]:
        """Hold everybody who writes to the live tables; readers go on. One transaction, committed at the end.

        Raises `WritersBusy` when the locks could not be had in time.
        """
        tables = sql.SQL(", ").join(_named(LIVE, table) for table in GENERATION_TABLES)
        try:
            with self.connection.transaction():
                self.connection.execute(sql.SQL("set local lock_timeout = {}").format(LOCK_TIMEOUT_MS))
                self.connection.execute(sql.SQL("lock table {} in exclusive mode").format(tables))
                yield
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            raise WritersBusy from error

    def switch(self) -> None:
        """Put the next tables in the place of the live ones. Within `writers_held`."""
        self.connection.execute(sql.SQL("create schema {}").format(sql.Identifier(PAST)))
        for table in GENERATION_TABLES:
            for source, target in ((LIVE, PAST), (NEXT, LIVE)):
                move = sql.SQL("alter table {} set schema {}").format(_named(source, table), sql.Identifier(target))
                self.connection.execute(move)

    def switch_partition(self, partition: int) -> None:
        """Put the next rows of one partition in the place of the live ones. Within `writers_held`."""
        for table in PARTITION_TABLES:
            live, fresh = _named(LIVE, table), _named(NEXT, table)
            self.connection.execute(sql.SQL("delete from {} where partition = %s").format(live), (partition,))
            copy = sql.SQL("insert into {} select * from {} where partition = %s").format(live, fresh)
            self.connection.execute(copy, (partition,))
        for action in ("delete from {} where", "insert into {} select * from {} where"):
            names = (_named(LIVE, "watermarks"), _named(NEXT, "watermarks"))
            query = sql.SQL(action + " topic = %s and partition = %s").format(*names)
            self.connection.execute(query, (EVENTS, partition))

    def differences(self, partition: int | None = None) -> dict[str, list[str]]:
        """Give, by table, the keys of rows that are not the same in both generations. Of snapshots those in both."""
        tables = GENERATION_TABLES if partition is None else PARTITION_TABLES
        found = {table: self._differing(table, partition) for table in tables}
        return {table: keys for table, keys in found.items() if keys}

    def digests(self, partition: int | None = None) -> tuple[str, str]:
        """Give one digest over the states of all runs, in the live generation and in the next one."""
        given = {"partition": partition}
        live, fresh = (
            self.connection.execute(SQL["digest"].format(table=_named(schema, "runs")), given).fetchone()
            for schema in (LIVE, NEXT)
        )
        return (live[0] if live else "", fresh[0] if fresh else "")

    def _differing(self, table: str, partition: int | None) -> list[str]:
        named = f"{LIVE}.{table}"
        keys = [name for (name,) in self.connection.execute(SQL["key_columns"], (named,))]
        columns = [
            name for (name,) in self.connection.execute(SQL["columns"], (named,)) if (table, name) not in _NOT_FROM_LOG
        ]
        rest = [name for name in columns if name not in keys]
        query = SQL["differing"].format(
            keys=_list(keys), live=_named(LIVE, table), fresh=_named(NEXT, table), where=_chosen(table, partition),
            join=sql.SQL("join" if table == "snapshots" else "full join"),
            live_rest=_list(rest, "live"), fresh_rest=_list(rest, "fresh"),
        )  # fmt: skip
        return [str(key) for (key,) in self.connection.execute(query)]


@contextmanager
def next_generation(database_url: str) -> Iterator[Generation]:
    """Give empty tables of the next generation. What is left of them at the end is dropped, switched or not.

    Raises `RebuildUnderWay` when somebody else is at it, and `Unavailable` when Postgres is away.
    """
    try:
        connection = psycopg.connect(
            database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, options="-c timezone=UTC"
        )
    except psycopg.OperationalError as error:
        raise unavailable(error) from error
    with connection:
        row = connection.execute(SQL["take_turn"], (TURN,)).fetchone()
        if row is None or not row[0]:
            raise RebuildUnderWay("Expected nobody to rebuild these tables, found somebody who does; wait for the end")
        _drop(connection)
        try:
            yield Generation(connection, _make_tables(connection))
        except psycopg.Error as error:
            raise unavailable(error) from error
        finally:
            if not connection.closed:
                _drop(connection)


def _make_tables(connection: psycopg.Connection[Row]) -> list[str]:
    """Make the tables; give the definitions of the indexes that are to be made once they are filled."""
    with connection.transaction():
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(NEXT)))
        connection.execute(sql.SQL("set local search_path = {}").format(sql.Identifier(NEXT)))
        for migration in read_migrations(MIGRATIONS):
            connection.execute(migration.text.encode())
        found = connection.execute(SQL["secondary_indexes"], (NEXT,)).fetchall()
        for name, _ in found:
            connection.execute(sql.SQL("drop index {}").format(sql.Identifier(NEXT, name)))
    return [definition for _, definition in found]


def _drop(connection: psycopg.Connection[Row]) -> None:
    for schema in (NEXT, PAST):
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _chosen(table: str, partition: int | None) -> sql.Composable:
    """Give the condition for rows to compare. A count of zero is as good as none."""
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if partition is not None:
        conditions.append(sql.SQL("partition = {}").format(partition))
    if table == "run_counts":
        conditions.append(sql.SQL("runs <> 0"))
    return sql.SQL(" and ").join(conditions)


def _named(schema: str, table: str) -> sql.Identifier:
    return sql.Identifier(schema, table)


def _list(names: list[str], table: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) if table else sql.Identifier(name) for name in names)
