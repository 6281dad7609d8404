from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from streams.transport import Record
from streams.worker.place import Place


@dataclass
class FakeRecord:
    offset: int
    timestamp: int = 1000


@dataclass
class FakeEvent:
    acks: int = 0

    def ack(self) -> bool:
        self.acks += 1
        return True


@dataclass
class Stand:
    """A place, and the offsets it told the consumer."""

    advanced: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = Place(self.advanced.append)

    def begin(self, *offsets: int, at: int = 1000) -> tuple[list[int], FakeEvent]:
        event = FakeEvent()
        batch = cast("list[Record]", [FakeRecord(offset, at) for offset in offsets])
        return [record.offset for record in self.place.begin(batch, event)], event


def test_an_offset_is_acknowledged_when_all_before_it_are_done() -> None:
    stand = Stand()
    _, event = stand.begin(5, 6, 7)
    stand.place.finish([6, 7])
    assert stand.advanced == []
    assert event.acks == 0

    stand.place.finish([5])
    assert stand.advanced == [8]
    assert event.acks == 1


def test_the_done_part_of_a_batch_is_acknowledged_without_the_rest() -> None:
    stand = Stand()
    _, event = stand.begin(0, 1, 2)
    stand.place.finish([0, 1])

    assert stand.advanced == [2]
    assert event.acks == 0


def test_records_that_come_again_are_not_taken_twice() -> None:
    stand = Stand()
    stand.begin(0, 1, 2)
    stand.place.finish([1])

    assert stand.begin(0, 1, 2, 3)[0] == [3]
    stand.place.finish([0, 2, 3])
    assert stand.advanced == [4]


def test_records_that_come_again_after_they_were_done_are_acknowledged_again() -> None:
    stand = Stand()
    stand.begin(0, 1)
    stand.place.finish([0, 1])
    new, event = stand.begin(0, 1)

    assert new == []
    assert stand.advanced == [2, 2]
    assert event.acks == 1


def test_a_topic_that_was_made_anew_begins_anew() -> None:
    stand = Stand()
    stand.begin(0, 1, 2, at=1000)
    stand.place.finish([0, 1, 2])

    assert stand.begin(0, 1, at=5000)[0] == [0, 1]
    stand.place.finish([0, 1])
    assert stand.advanced == [3, 2]


def test_holes_between_offsets_hold_nothing_up() -> None:
    stand = Stand()
    stand.begin(3, 7)
    stand.place.finish(cast("Any", (3, 7)))

    assert stand.advanced[-1] == 8
