"""Small topics as tables: definitions and dead letters. Every insert is idempotent and moves its watermark along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.postgres_session import Session
from infra.queries import queries
from infra.snapshots_store import storable
from schemas.records import DeadLetter, Definition

DEFINITIONS = "definitions"
DEAD_LETTERS = "dead-letters"
SQL = queries("snapshots")

#: Last millisecond of the year 9999: what Postgres and people can write as a date.
LAST_MS = 253_402_300_799_999


class IndexStore:
    """Writes the index of small topics. Blocking, from one thread; raises `Unavailable` (a `ConnectionError`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def next_offset(self, topic: str, partition: int) -> int:
        """Give the offset of the record to read next."""
        with self._session.transaction() as cursor:
            row = cursor.execute(SQL["watermark"], (topic, partition)).fetchone()
        return row[0] + 1 if row is not None else 0

    def add_definitions(self, partition: int, found: Sequence[tuple[int, Definition]], last_offset: int) -> None:
        """Add definitions with their offsets. Of several with one key the one with the lowest offset stays."""
        rows = [_definition_row(offset, definition) for offset, definition in found]
        self._write("insert_definitions", rows, (DEFINITIONS, partition, last_offset))

    def add_dead_letters(self, partition: int, found: Sequence[tuple[int, DeadLetter]], last_offset: int) -> None:
        """Add dead letters with their offsets."""
        rows = [_dead_letter_row(partition, offset, letter) for offset, letter in found]
        self._write("insert_dead_letters", rows, (DEAD_LETTERS, partition, last_offset))

    def close(self) -> None:
        """Close the connection, if one is open."""
        self._session.close()

    def _write(self, query: str, rows: list[tuple[Any, ...]], place: tuple[str, int, int]) -> None:
        with self._session.transaction() as cursor:
            if rows:
                cursor.executemany(SQL[query], rows)
            cursor.execute(SQL["note_watermark"], place)


def _definition_row(offset: int, found: Definition) -> tuple[Any, ...]:
    names = (found.namespace, found.name, found.version)
    texts = (found.digest, found.text, found.document, found.actor)
    return (*map(storable, names), offset, *map(storable, texts), _instant(found.published_at_ms))


def _dead_letter_row(partition: int, offset: int, found: DeadLetter) -> tuple[Any, ...]:
    key = None if found.record_key is None else storable(found.record_key[:300].decode("utf-8", "replace"))
    source = (storable(found.topic), found.partition, found.offset)
    return (partition, offset, storable(found.stage), storable(found.reason), *source, key, _instant(found.at_ms))


def _instant(at_ms: int) -> int:
    return max(0, min(at_ms, LAST_MS))
