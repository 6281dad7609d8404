"""The published definitions, read from their topic: the first record of a key counts, for every reader and for ever."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable

from engine.definition import Definition, compile_definition
from infra.kafka import KafkaConnection, read_range, watermarks
from schemas import codec, records

LOG = logging.getLogger(__name__)

Key = tuple[str, str, str]


class Definitions:
    """Follows the definitions topic when asked to. Each definition is compiled when it is first used."""

    def __init__(self, connection: KafkaConnection, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self._next_offset = 0
        self._documents: dict[Key, str] = {}
        self._compiled: dict[Key, Definition | None] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._documents

    def get(self, namespace: str, name: str, version: str) -> Definition | None:
        """Give a definition, `None` if it is not among those read so far."""
        key = (namespace, name, version)
        if key in self._compiled:
            return self._compiled[key]
        document = self._documents.get(key)
        if document is None:
            return None
        self._compiled[key] = _compiled(key, document)
        return self._compiled[key]

    def ensure(self, keys: Iterable[Key]) -> None:
        """Read the topic to its end if one of `keys` is not known yet. Raises `Unreachable`."""
        if any(key not in self._documents for key in keys):
            self.catch_up()

    def catch_up(self) -> None:
        """Read the topic to its end. Raises `Unreachable`."""
        end = watermarks(self._connection, self._topic)[0].high
        for batch in read_range(self._connection, (self._topic, 0), self._next_offset, end):
            for message in batch:
                self.note(message.value())
            self._next_offset = batch[-1].offset() + 1

    def note(self, value: bytes | None) -> None:
        """Take one record; a later one of a known key, or one that cannot be read, counts for nothing."""
        try:
            record = codec.decode_as(records.Definition, value)
        except codec.MalformedRecord as error:
            LOG.warning("a record of %s is skipped: %s", self._topic, error)
            return
        self._documents.setdefault((record.namespace, record.name, record.version), record.document)


def _compiled(key: Key, document: str) -> Definition | None:
    try:
        return compile_definition(json.loads(document))
    except Exception:  # published documents were checked; one that slipped through must not stop a partition
        LOG.exception("the definition %s cannot be used", "/".join(key))
        return None
