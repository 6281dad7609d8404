"""The topics of a `FakeLog` by place, as the log explorer reads them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra.errors import Unreachable
from infra.kafka import Watermarks
from infra.log_pages import TopicRecord

#: Timestamp of the first record of each topic; every further one is a millisecond later.
AT_MS = 1_700_000_000_000


class Message(Protocol):
    """A record of the fake log."""

    def topic(self) -> str: ...
    def offset(self) -> int: ...
    def key(self) -> bytes: ...
    def value(self) -> bytes: ...


class Topics(Protocol):
    """What is used of a `FakeLog`."""

    @property
    def is_down(self) -> bool: ...
    @property
    def records(self) -> Sequence[Message]: ...


@dataclass(slots=True)
class FakeLogSource:
    """The topics of a `FakeLog`, by place."""

    log: Topics

    def ends(self, topic: str) -> dict[int, Watermarks]:
        return {0: Watermarks(low=0, high=len(self._records(topic)))}

    def offsets_at(self, topic: str, at: datetime) -> dict[int, int]:
        wanted = at.timestamp() * 1000
        return {0: next((r.offset for r in self._records(topic) if r.at_ms >= wanted), len(self._records(topic)))}

    def read(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> FakeReader:
        start, end = spans.get(0, (0, 0))
        return FakeReader(self._records(topic)[start:end])

    def follow(self, topic: str, starts: Mapping[int, int]) -> FakeFollower:
        return FakeFollower(self, topic, starts[0])

    def _records(self, topic: str) -> list[TopicRecord]:
        if self.log.is_down:
            raise Unreachable("no broker")
        found = [record for record in list(self.log.records) if record.topic() == topic]
        return [TopicRecord(0, each.offset(), AT_MS + each.offset(), each.key(), each.value()) for each in found]


@dataclass(slots=True)
class FakeReader:
    """Some records of one partition."""

    records: list[TopicRecord]

    def batches(self) -> Iterator[list[TopicRecord]]:
        while self.records:
            yield [self.records.pop(0)]

    def leave(self, partition: int) -> None:
        self.records.clear()

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class FakeFollower:
    """What is appended to one partition."""

    source: FakeLogSource
    topic: str
    offset: int

    def next_records(self, wait_s: float) -> list[TopicRecord]:
        found = self.source._records(self.topic)[self.offset :]
        if not found:
            threading.Event().wait(min(wait_s, 0.02))
        self.offset += len(found)
        return found

    def close(self) -> None:
        """Do nothing."""
