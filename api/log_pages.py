"""The log as it can be asked for: by topic, partition, offset, instant, run and type, in bounded pages, and live.

A page looks at `SCANNED` records of a partition at most and ends at the ends that the partitions had when it began.
Positions are written `0:17,3:4`: in partition 0 the next record is that at offset 17. They are the cursors of pages and
the ids of the live stream alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.log_places import Ends, LogQuery, Position, check_offset, given_place, partitions, written
from api.ports import LogSource
from api.problems import not_found, unavailable, unprocessable
from api.record_json import record_view
from infra.errors import RecordsMissing, Unreachable
from infra.log_pages import TopicRecord
from schemas.topics import Topic

Given = TypeVar("Given")
#: A position, and the record before it; `None` when nothing came for long.
Streamed = tuple[str, dict[str, Any] | None]

#: Records of one partition that one page looks at, and bytes of records it answers with.
SCANNED = 20_000
PAGE_BYTES = 4 * 1024 * 1024
#: Readers at once: a page and a live stream have a thread and a consumer while they read.
READERS = 16
POLL_S = 1.0
#: Polls without a record before a stream says that it lives.
QUIET_POLLS = 10


@dataclass(slots=True)
class _Found:
    """What was read of one partition: what fits, and the offset to go on from."""

    next_offset: int
    end: int
    records: list[tuple[TopicRecord, dict[str, Any]]] = field(default_factory=list)
    scanned: int = 0


class LogPages:
    """Reads pages and streams of the log. `topics` are those that can be read, by name without the prefix."""

    def __init__(self, source: LogSource, topics: Mapping[str, Topic], prefix: str) -> None:
        self._source = source
        self._topics = topics
        self._prefix = prefix
        self._threads = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="log-reader")
        self._readers = 0

    async def page(self, wanted: LogQuery) -> dict[str, Any]:
        """Give a page: `items`, `next` (null at the end), `position` to go on from, and the `bounds` of partitions."""
        with self._turn():
            return await self._beside(lambda: self._page(wanted))

    async def record(self, topic: str, partition: int, offset: int) -> TopicRecord:
        """Give one record. Raises a problem with the valid range when there is none."""
        with self._turn():
            return await self._beside(lambda: self._record(topic, partition, offset))

    async def position(self, wanted: LogQuery) -> Position:
        """Give where a stream begins: where it was asked for, else at the end."""
        return await self._beside(lambda: self._begin_of_stream(wanted))

    async def stream(
        self, wanted: LogQuery, position: Position
    ) -> AsyncGenerator[tuple[str, dict[str, Any] | None], None]:
        """Yield position and record for everything from `position` on, for ever; `None` when nothing came for long."""
        name = self.topic(wanted.topic).full_name(self._prefix)
        with self._turn():
            follower = await self._beside(lambda: self._source.follow(name, position))
            quiet = 0
            try:
                while True:
                    records = await self._beside(lambda: follower.next_records(POLL_S))
                    for record in records:
                        position[record.partition] = record.offset + 1
                        if (view := _view(record, wanted)) is not None:
                            yield written(position), view
                    quiet = 0 if records else quiet + 1
                    if quiet % QUIET_POLLS == 1:
                        yield written(position), None
            finally:
                # It waits for a poll that is under way; nobody has to wait for it.
                self._threads.submit(follower.close)

    def topic(self, name: str) -> Topic:
        """Give the topic called `name`, with or without the prefix. Raises a 404 problem."""
        found = self._topics.get(name) or self._topics.get(name.removeprefix(self._prefix))
        if found is None:
            raise not_found(f"there is no topic {name[:100]!r}: expected one of {', '.join(self._topics)}")
        return found

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._readers >= READERS:
            raise unavailable(f"{READERS} readers are at the log already: try again", retry_after_s=1)
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    async def _beside(self, call: Callable[[], Given]) -> Given:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except Unreachable as error:
            raise unavailable(f"the log cannot be read now: {error}") from None
        except RecordsMissing as error:
            raise unprocessable("outside-the-log", str(error)) from None

    def _page(self, wanted: LogQuery) -> dict[str, Any]:
        topic = self.topic(wanted.topic)
        name = topic.full_name(self._prefix)
        bounds = self._source.ends(name)
        starts = self._starts(topic, wanted, bounds, is_end_valid=False)
        until = self._source.offsets_at(name, wanted.until) if wanted.until is not None else {}
        found = {at: _Found(start, until.get(at, bounds[at].high)) for at, start in starts.items()}
        self._fill(name, wanted, found)
        items = _merged(found, wanted.limit)
        position = written({number: each.next_offset for number, each in found.items()})
        is_over = all(each.next_offset >= each.end for each in found.values())
        return {
            "topic": topic.name,
            "items": items,
            "next": None if is_over else position,
            "position": position,
            "bounds": {str(number): {"first": end.low, "next": end.high} for number, end in sorted(bounds.items())},
        }

    def _fill(self, name: str, wanted: LogQuery, found: Mapping[int, _Found]) -> None:
        full: set[int] = set()
        size_bytes = 0
        reader = self._source.read(name, {number: (each.next_offset, each.end) for number, each in found.items()})
        try:
            for record in (record for batch in reader.batches() for record in batch):
                one = found[record.partition]
                if record.partition in full:
                    continue
                one.scanned, one.next_offset = one.scanned + 1, record.offset + 1
                if (view := _view(record, wanted)) is not None:
                    one.records.append((record, view))
                    size_bytes += len(record.value or b"")
                if len(one.records) >= wanted.limit or one.scanned >= SCANNED or size_bytes >= PAGE_BYTES:
                    full.add(record.partition)
                    reader.leave(record.partition)
        finally:
            reader.close()
        for number in found.keys() - full:
            found[number].next_offset = max(found[number].next_offset, found[number].end)

    def _record(self, topic: str, partition: int, offset: int) -> TopicRecord:
        found = self.topic(topic)
        name = found.full_name(self._prefix)
        check_offset(found.name, partition, offset, self._source.ends(name))
        reader = self._source.read(name, {partition: (offset, offset + 1)})
        try:
            for batch in reader.batches():
                return batch[0]
        finally:
            reader.close()
        raise not_found(f"{found.name}, partition {partition}: the record at offset {offset} is not there any more")

    def _begin_of_stream(self, wanted: LogQuery) -> Position:
        topic = self.topic(wanted.topic)
        bounds = self._source.ends(topic.full_name(self._prefix))
        if not wanted.says_where:
            return {number: bounds[number].high for number in partitions(topic, wanted, bounds)}
        return self._starts(topic, wanted, bounds, is_end_valid=True)

    def _starts(self, topic: Topic, wanted: LogQuery, bounds: Ends, *, is_end_valid: bool) -> Position:
        place = given_place(topic, wanted, bounds, is_end_valid=is_end_valid)
        if place is not None:
            return place
        numbers = partitions(topic, wanted, bounds)
        if wanted.time is not None:
            at = self._source.offsets_at(topic.full_name(self._prefix), wanted.time)
            return {number: max(at[number], bounds[number].low) for number in numbers}
        if wanted.last is not None:
            return {number: max(bounds[number].low, bounds[number].high - wanted.last) for number in numbers}
        return {number: bounds[number].low for number in numbers}


def _view(record: TopicRecord, wanted: LogQuery) -> dict[str, Any] | None:
    if wanted.run is not None and record.key != wanted.run.encode():
        return None
    return record_view(record, only_type=wanted.type)


def _merged(found: Mapping[int, _Found], limit: int) -> list[dict[str, Any]]:
    """Give the first records of all partitions by time; what does not fit is read again by the next page."""
    by_time = sorted(
        (each for one in found.values() for each in one.records),
        key=lambda each: (each[0].at_ms, each[0].partition, each[0].offset),
    )
    for record, _ in by_time[limit:]:
        one = found[record.partition]
        one.next_offset = min(one.next_offset, record.offset)
    return [view for _, view in by_time[:limit]]
