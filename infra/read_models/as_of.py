"""Lists as they were at an instant: what stands in the place of a table when one is asked for."""

from __future__ import annotations

from datetime import datetime

from psycopg import sql

from engine.state import FINAL
from infra.queries import queries

SQL = {name: sql.SQL(text) for name, text in queries("read_models").items()}


def source(table: str, as_of: datetime | None) -> sql.Composable:
    """Give the table, or what was in it at `as_of`. The query then needs the values that `as_of_values` gives."""
    if as_of is None:
        return sql.Identifier(table)
    return sql.SQL("({}) as {}").format(SQL[f"{table}_as_of"], sql.Identifier(table))


def as_of_values(as_of: datetime | None) -> dict[str, object]:
    """Give the values that a query of such a source needs."""
    at_ms = None if as_of is None else int(as_of.timestamp() * 1000)
    return {"as_of": as_of, "at_ms": at_ms, "final": sorted(FINAL)}
