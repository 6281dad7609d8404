"""Records of the log fed again to any function, from a place or an instant on. Needs Kafka alone."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import typer

from api.log_places import check_offset
from api.problems import Problem
from api.record_json import record_view
from infra.kafka import Watermarks
from infra.log_pages import LogPages, TopicRecord
from schemas.codec import Record, decode
from schemas.topics import Topic

EVERY = ("", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A record as a function gets it."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def decoded(self) -> Record:
        """Give the record by its schema. Raises `schemas.codec.MalformedRecord`."""
        return decode(self.value)

    def view(self) -> dict[str, Any]:
        """Give the record as `agentos events --records` prints it."""
        raw = TopicRecord(self.partition, self.offset, self.at_ms, self.key, self.value, self.headers)
        found: dict[str, Any] = json.loads(orjson.dumps(record_view(raw)))
        return {"topic": self.topic, **found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`TOPIC[:PARTITION[:OFFSET or INSTANT]]`, read. Without a partition all of them."""

    topic: str
    partition: int | None = None
    offset: int | None = None
    at: datetime | None = None


def parse_place(text: str) -> Place:
    """Give the place that `text` names. Raises `typer.BadParameter`."""
    topic, _, rest = text.partition(":")
    partition, _, where = rest.partition(":")
    if not topic or not (partition in EVERY or partition.isdecimal()):
        raise typer.BadParameter(f"expected TOPIC:PARTITION:OFFSET or TOPIC:PARTITION:INSTANT, found {text}")
    number = None if partition in EVERY else int(partition)
    offset, at = parse_end(where)
    if offset is not None and number is None:
        raise typer.BadParameter(f"an offset belongs to one partition: expected TOPIC:PARTITION:OFFSET, found {text}")
    return Place(topic=topic, partition=number, offset=offset, at=at)


def parse_end(text: str) -> tuple[int | None, datetime | None]:
    """Give the offset or the instant that `text` names; neither for an empty one."""
    if not text:
        return None, None
    if text.isdecimal():
        return int(text), None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"expected an offset, or an instant such as 2026-11-22T21:00:00Z, found {text}")
    return None, at


def spans(
    log: LogPages, full_name: str, start: Place, end: tuple[int | None, datetime | None]
) -> dict[int, tuple[int, int]]:
    """Give what to read: by partition the first offset, and the one behind the last. Refuses places outside the log."""
    ends = log.ends(full_name)
    if start.partition is not None and start.partition not in ends:
        _refuse(start, start.partition, 0, ends)
    begins = {number: mark.low for number, mark in ends.items()}
    if start.at is not None:
        begins = log.offsets_at(full_name, start.at)
    stops = {number: mark.high for number, mark in ends.items()}
    if end[1] is not None:
        stops = log.offsets_at(full_name, end[1])
    if start.partition is not None and start.offset is not None:
        _refuse(start, start.partition, start.offset, ends)
        begins[start.partition] = start.offset
    if end[0] is not None:
        if start.partition is None:
            raise typer.BadParameter("an offset belongs to one partition: name one in --from, or give an instant")
        _refuse(start, start.partition, end[0], ends)
        stops[start.partition] = end[0] + 1
    chosen = sorted(ends) if start.partition is None else [start.partition]
    return {number: (begins[number], stops[number]) for number in chosen}


def replayed(log: LogPages, topic: Topic, full_name: str, wanted: Mapping[int, tuple[int, int]]) -> Iterator[Replayed]:
    """Yield the records of the spans, one partition after the other."""
    for partition, span in wanted.items():
        with closing(log.read(full_name, {partition: span})) as reader:
            for record in (record for batch in reader.batches() for record in batch):
                yield Replayed(topic=topic.name, **record._asdict())


def consumer_of(name: str) -> Callable[[Replayed], Any]:
    """Give the function that `MODULE:FUNCTION` names, from the working folder or what is installed."""
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise typer.BadParameter(f"expected MODULE:FUNCTION, found {name}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module_name)
    except ImportError as error:
        raise typer.BadParameter(f"expected a module {module_name} here or installed, found: {error}") from None
    for part in attribute.split("."):
        found = getattr(found, part, None)  # type: ignore[assignment]
    if not callable(found):
        raise typer.BadParameter(f"expected a function {attribute} in {module_name}, found none")
    return found


def awaited(runner: asyncio.Runner, call: Callable[[Replayed], Any]) -> Callable[[Replayed], None]:
    """Give a plain function that calls `call`, and waits for it if it is a coroutine."""

    def give(record: Replayed) -> None:
        result = call(record)
        if inspect.iscoroutine(result):
            runner.run(result)

    return give


def _refuse(place: Place, partition: int, offset: int, ends: Mapping[int, Watermarks]) -> None:
    if partition in ends and place.offset is None and offset == 0:
        return
    try:
        check_offset(place.topic, partition, offset, ends)
    except Problem as problem:
        raise typer.BadParameter(problem.detail) from None
