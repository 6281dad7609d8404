"""`call: postgres` executes one SQL statement, in a database that an operator named in a secret."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.provisions import Provisions, Query, Statement

TIMEOUT_S = 30.0
ROWS_MAX = 10_000


class Database(BaseModel, extra="forbid"):
    """The name of the secret that holds the database's URL."""

    use: str = Field(min_length=1)


class PostgresArguments(BaseModel, extra="forbid", populate_by_name=True):
    """A statement, its parameters, and what it may do."""

    database: Database = Field(description="The secret that holds `postgresql://user:password@host/database`.")
    query: str = Field(min_length=1, description="One statement. Values go in as `$1`, `$2`, …, never as text.")
    parameters: list[Any] = Field(default=[], max_length=1000, description="The values of `$1`, `$2`, …")
    write: bool = Field(default=False, description="Whether it may change something. If not, the database refuses it.")
    rows_max: int = Field(default=1000, ge=1, le=ROWS_MAX, alias="rowsMax", description="More rows are an error.")


class PostgresOutput(BaseModel):
    """What the statement gave."""

    rows: list[dict[str, Any]]
    count: int = Field(description="How many rows it gave or changed.")


class Postgres:
    """Executes one SQL statement with parameters in a PostgreSQL database."""

    name = "postgres"
    version = "1.0.0"
    icon = "database"
    With = PostgresArguments
    Output = PostgresOutput
    examples = (
        {"database": {"use": "shop"}, "query": "select name from customers where id = $1", "parameters": [7]},
        {"database": {"use": "shop"}, "query": "delete from carts where id = $1", "parameters": [7], "write": True},
    )

    def __init__(self, query: Query | None = None) -> None:
        self._query = query

    @classmethod
    def provided(cls, provisions: Provisions) -> Postgres:
        """Give the instance for a process that may open connections."""
        return cls(provisions.query)

    async def run(self, with_: PostgresArguments, ctx: TaskContext) -> PostgresOutput:
        """Execute the statement in a transaction of its own."""
        if self._query is None:
            raise fault("configuration", "this worker has no connections for `postgres`")
        left = ctx.remaining_s()
        statement = Statement(
            text=with_.query,
            parameters=tuple(with_.parameters),
            is_read_only=not with_.write,
            rows_max=with_.rows_max,
            timeout_s=TIMEOUT_S if left is None else min(left, TIMEOUT_S),
        )
        rows, count = await self._query(_url(with_.database.use, ctx), statement)
        return PostgresOutput(rows=[{name: plain(value) for name, value in row.items()} for row in rows], count=count)


def plain(value: Any) -> Any:
    """Give a value as JSON has it: exact numbers, instants and identifiers as text, bytes as base64."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case list() | tuple():
            return [plain(part) for part in value]
        case dict():
            return {str(name): plain(part) for name, part in value.items()}
        case Decimal() | UUID():
            return str(value)
        case _:
            return str(value)


def _url(name: str, ctx: TaskContext) -> str:
    found = ctx.secret(name)
    url = found.get("url") if isinstance(found, dict) else found
    if not isinstance(url, str) or not url.startswith(("postgresql://", "postgres://")):
        raise fault("configuration", f"expected a secret called {name!r} with the URL of a database, found none")
    return url
