"""Statements of tasks in databases of others: one connection and one transaction each, within limits."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

#: Statements at once in one database.
AT_ONCE = 8
DATABASES_KEPT = 100
CONNECT_TIMEOUT_S = 10

#: Classes of SQLSTATE that may go away: connection lost, too many of something, rolled back, stopped by an operator.
PASSING = ("08", "40", "53", "57P")
TOO_SLOW = "57014"


class StatementFailed(Exception):
    """The database did not do what it was asked. The message names no secret."""

    def __init__(self, told: str, *, sqlstate: str = "", is_passing: bool = False) -> None:
        super().__init__(told)
        self.sqlstate = sqlstate
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One statement with parameters as `$1`, `$2`, …, and its limits."""

    text: str
    parameters: Sequence[Any]
    is_read_only: bool
    rows_max: int
    timeout_s: float


class TaskQueries:
    """Executes statements. Only so many at once in one database; the others wait."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, asyncio.Semaphore] = OrderedDict()

    async def execute(self, url: str, query: Query) -> tuple[list[dict[str, Any]], int]:
        """Give the rows of a statement, and how many it gave or changed. Raises `StatementFailed`."""
        try:
            async with asyncio.timeout(query.timeout_s + CONNECT_TIMEOUT_S), self._place(url):
                return await _executed(url, query)
        except TimeoutError:
            raise StatementFailed("no answer in time", sqlstate=TOO_SLOW, is_passing=True) from None
        except psycopg.Error as error:
            raise _failure(error) from None

    def _place(self, url: str) -> asyncio.Semaphore:
        found = self._places.setdefault(url, asyncio.Semaphore(AT_ONCE))
        self._places.move_to_end(url)
        if len(self._places) > DATABASES_KEPT:
            self._places.popitem(last=False)
        return found


async def _executed(url: str, query: Query) -> tuple[list[dict[str, Any]], int]:
    connection = await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="agentos task"
    )
    async with connection:
        await connection.set_read_only(query.is_read_only)
        async with connection.transaction():
            limit = sql.SQL("set local statement_timeout = {}").format(max(1, int(query.timeout_s * 1000)))
            await connection.execute(limit)
            cursor = psycopg.AsyncRawCursor(connection, row_factory=dict_row)
            parameters = [_parameter(value) for value in query.parameters]
            if query.is_read_only:
                return await _streamed(cursor, query, parameters)
            # A prepared statement is a single one, whatever its text: nothing can be appended to it.
            await cursor.execute(query.text.encode(), parameters, prepare=True)
            rows = [] if cursor.description is None else await cursor.fetchmany(query.rows_max + 1)
            _refuse_many(rows, query)
            return rows, max(cursor.rowcount, len(rows))


async def _streamed(
    cursor: psycopg.AsyncRawCursor[dict[str, Any]], query: Query, parameters: Sequence[Any]
) -> tuple[list[dict[str, Any]], int]:
    """Give the rows one by one, so that a large result is never in memory."""
    rows: list[dict[str, Any]] = []
    async for row in cursor.stream(query.text.encode(), parameters):
        rows.append(row)
        _refuse_many(rows, query)
    return rows, len(rows)


def _refuse_many(rows: Sequence[Mapping[str, Any]], query: Query) -> None:
    if len(rows) > query.rows_max:
        raise StatementFailed(f"expected at most {query.rows_max} rows, found more; nothing was changed")


def _parameter(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


def _failure(error: psycopg.Error) -> StatementFailed:
    sqlstate = error.sqlstate or ""
    lost = isinstance(error, psycopg.OperationalError) and not sqlstate
    words = str(error).strip().splitlines()
    return StatementFailed(
        words[0] if words else type(error).__name__,
        sqlstate=sqlstate,
        is_passing=lost or sqlstate == TOO_SLOW or sqlstate.startswith(PASSING),
    )
