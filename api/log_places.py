"""Where to read in the log: what was asked for, checked against what the partitions hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from api.problems import Problem, bad_request, unprocessable
from infra.kafka import Watermarks
from schemas.partitioning import partition_of
from schemas.topics import Topic

#: By partition, the offset of the record to read next.
Position = dict[int, int]
Ends = Mapping[int, Watermarks]

#: Topics with this key have all records of a run in the partition of its id.
_RUN_ID = "run id"
_PLACE = re.compile(r"(\d{1,9}):(\d{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What is asked for. Of `position`, `offset`, `time` and `last` the first that is there says where to begin."""

    topic: str = "events"
    partition: int | None = None
    offset: int | None = None
    time: datetime | None = None
    #: Where to end: before the first record at or after this instant.
    until: datetime | None = None
    #: Begin so many records before the end of each partition.
    last: int | None = None
    position: str | None = None
    run: str | None = None
    type: str | None = None
    limit: int = 100

    @property
    def says_where(self) -> bool:
        """Tell whether it says where to begin."""
        return any(each is not None for each in (self.position, self.offset, self.time, self.last))


def partitions(topic: Topic, wanted: LogQuery, ends: Ends) -> list[int]:
    """Give the partitions to read: the one asked for, that of the run, or all."""
    if wanted.partition is not None:
        if wanted.partition not in ends:
            raise _no_partition(topic.name, wanted.partition, ends)
        return [wanted.partition]
    if wanted.run is not None and topic.key == _RUN_ID:
        return [partition_of(wanted.run.encode(), len(ends))]
    return sorted(ends)


def given_place(topic: Topic, wanted: LogQuery, ends: Ends, *, is_end_valid: bool) -> Position | None:
    """Give where to begin, if offsets say it. Raises a 422 problem with the valid range for places outside the log."""
    if wanted.position is not None:
        return read_position(wanted.position, topic.name, ends)
    if wanted.offset is None:
        return None
    numbers = partitions(topic, wanted, ends)
    if len(numbers) != 1:
        raise bad_request("an offset belongs to one partition: expected `partition`, or `run`, with it")
    if not is_end_valid or wanted.offset != ends[numbers[0]].high:
        check_offset(topic.name, numbers[0], wanted.offset, ends)
    return {numbers[0]: wanted.offset}


def written(position: Mapping[int, int]) -> str:
    """Give a position as text, such as `0:17,3:4`."""
    return ",".join(f"{number}:{offset}" for number, offset in sorted(position.items()))


def read_position(text: str, topic: str, ends: Ends) -> Position:
    """Give the position that `written` wrote. The end of a partition is a valid one."""
    found: Position = {}
    for part in text.split(","):
        match = _PLACE.fullmatch(part)
        if match is None:
            raise bad_request("expected a position that a page or a stream gave, such as 0:17,1:4")
        number, offset = int(match[1]), int(match[2])
        if number not in ends or offset != ends[number].high:
            check_offset(topic, number, offset, ends)
        found[number] = offset
    return found


def check_offset(topic: str, partition: int, offset: int, ends: Ends) -> None:
    """Raise a 422 problem with the valid range for a place that is not in the log."""
    if partition not in ends:
        raise _no_partition(topic, partition, ends)
    end = ends[partition]
    if end.low <= offset < end.high:
        return
    held = f"the offsets {end.low} to {end.high - 1}" if end.low < end.high else "no record"
    raise unprocessable(
        "outside-the-log",
        f"{topic}, partition {partition} holds {held}, not {offset}",
        valid={"first": end.low, "last": end.high - 1},
    )


def _no_partition(topic: str, partition: int, ends: Ends) -> Problem:
    valid = {"partitions": sorted(ends)}
    return unprocessable(
        "outside-the-log", f"{topic} has the partitions 0 to {max(ends, default=0)}, not {partition}", valid=valid
    )
