"""Published definitions, dead letters, and how far Postgres is, as tables for people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from psycopg import sql

from infra.queries import queries
from infra.read_models.cursor import decode_cursor, encode_cursor
from infra.read_models.database import Database

SQL = {name: sql.SQL(text) for name, text in queries("read_models").items()}
MAX_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRow:
    """A published definition. `text` and `document` are empty in lists."""

    namespace: str
    name: str
    version: str
    log_offset: int
    digest: str
    text: str
    document: str
    actor: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterRow:
    """A record that could not be worked on: where it lies on the dead-letters topic, where it came from, and why."""

    partition: int
    log_offset: int
    stage: str
    reason: str
    source_topic: str
    source_partition: int
    source_offset: int
    record_key: str | None
    at: datetime
    #: When and by whom it was put back last, if it was.
    redriven_at: datetime | None
    redriven_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionProgress:
    """How far Postgres is in one partition of a topic."""

    topic: str
    partition: int
    log_offset: int
    head: bytes
    command_offset: int
    accepted: int
    skipped: int
    updated_at: datetime


class Definitions:
    """Reads definitions, dead letters and watermarks. Every method raises `Unavailable` when Postgres is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, namespace: str, name: str, version: str) -> DefinitionRow | None:
        """Give one published definition with its text."""
        columns = sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(DefinitionRow))
        query = SQL["get_definition"].format(columns=columns)
        values = {"namespace": namespace, "name": name, "version": version}
        return await self._database.first(DefinitionRow, query, values)

    async def page(
        self, namespace: str | None = None, *, after: str | None = None, limit: int = 100
    ) -> tuple[list[DefinitionRow], str | None]:
        """Give definitions in the order of their keys, and the cursor of the next page if there is one."""
        size = max(1, min(limit, MAX_PAGE))
        place = None if after is None else decode_cursor("definitions", after, str, str, str)
        values = {"namespace": namespace, "after": place, "limit": size + 1}
        found = await self._database.all(DefinitionRow, SQL["list_definitions"], values)
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        return found[:size], encode_cursor("definitions", last.namespace, last.name, last.version)

    async def dead_letters(
        self, *, after: str | None = None, limit: int = 100
    ) -> tuple[list[DeadLetterRow], str | None]:
        """Give dead letters, newest first, and the cursor of the next page if there is one."""
        size = max(1, min(limit, MAX_PAGE))
        place = None if after is None else decode_cursor("dead-letters", after, int, int, int)
        found = await self._database.all(DeadLetterRow, SQL["list_dead_letters"], {"before": place, "limit": size + 1})
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        at_us = round(last.at.timestamp() * 1_000_000)
        return found[:size], encode_cursor("dead-letters", at_us, last.partition, last.log_offset)

    async def progress(self) -> list[PartitionProgress]:
        """Give how far Postgres is in every partition of every topic it follows."""
        return await self._database.all(PartitionProgress, SQL["watermarks"], {})
