"""The pool the read models share: every query ends by a deadline, and an absent Postgres is one kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg_pool import PoolTimeout, TooManyRequests

from infra.postgres import open_pool
from infra.postgres_session import Unavailable, unavailable
from infra.settings import PostgresSettings

Found = TypeVar("Found")
Parameters = Mapping[str, Any]

#: How long a query waits for a connection, while Postgres is away or all connections are busy.
CONNECTION_S = 2.0


class Database:
    """A pool of connections: `async with Database(url, settings) as database:` opens it, be Postgres there or not.

    Every query raises `Unavailable` when Postgres can't be reached or does not answer within the statement timeout.
    """

    def __init__(self, database_url: str, settings: PostgresSettings) -> None:
        self._pool = open_pool(database_url, settings)
        self._answer_s = settings.statement_timeout_s + 1

    async def __aenter__(self) -> Database:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def all(self, kind: type[Found], query: sql.SQL | sql.Composed, parameters: Parameters) -> list[Found]:
        """Give all rows as `kind`, whose fields are named like the columns."""
        try:
            async with (
                asyncio.timeout(self._answer_s),
                self._pool.connection(timeout=CONNECTION_S) as connection,
                connection.cursor(row_factory=class_row(kind)) as cursor,
            ):
                await cursor.execute(query, parameters)
                return await cursor.fetchall()
        except (PoolTimeout, TooManyRequests, TimeoutError) as error:
            raise Unavailable("Expected a connection to Postgres in time, found none; try again") from error
        except psycopg.Error as error:
            raise unavailable(error) from error

    async def first(self, kind: type[Found], query: sql.SQL | sql.Composed, parameters: Parameters) -> Found | None:
        """Give the first row as `kind`, `None` when there is none."""
        found = await self.all(kind, query, parameters)
        return found[0] if found else None
