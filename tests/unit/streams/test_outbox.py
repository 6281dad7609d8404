from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.outbox import Delivery, Outbox, Outgoing


@dataclass
class Written:
    at: int

    def offset(self) -> int:
        return self.at


@dataclass
class FakeProducer:
    """A producer whose broker takes records at a flush, `slow` flushes later."""

    slow: int = 0
    full: int = 0
    refuses: str = ""
    waiting: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def produce(self, topic: str, value: bytes | None, key: bytes | None, *, on_delivery: Any, **options: Any) -> None:
        if self.full:
            self.full -= 1
            raise BufferError("queue full")
        if topic == self.refuses:
            raise RuntimeError("too large")
        self.waiting.append((topic, on_delivery, options))

    def flush(self, timeout: float) -> int:
        if self.slow:
            self.slow -= 1
            return len(self.waiting)
        for topic, report, options in self.waiting:
            report(None, Written(len(self.taken)))
            self.taken.append((topic, options))
        self.waiting.clear()
        return 0

    def poll(self, timeout: float) -> int:
        return 0


def records(*topics: str, partition: int = -1) -> list[Outgoing]:
    return [Outgoing(topic=topic, key=b"k", value=b"v", partition=partition) for topic in topics]


async def test_a_flush_waits_until_the_broker_has_everything() -> None:
    producer = FakeProducer(slow=3)
    outbox, delivery = Outbox(lambda: producer), Delivery()
    outbox.write(records("a", "b"), delivery)
    assert delivery.offsets == []
    await outbox.flush()
    assert delivery.offsets == [0, 1]


async def test_partition_and_headers_are_given_only_where_there_are_some() -> None:
    producer = FakeProducer()
    outbox = Outbox(lambda: producer)
    outbox.write([*records("a"), *records("b", partition=3)], Delivery())
    outbox.write([Outgoing(topic="c", key=b"", value=None, headers=(("x", b"y"),))], Delivery())
    await outbox.flush()
    assert producer.taken == [("a", {}), ("b", {"partition": 3}), ("c", {"headers": [("x", b"y")]})]


async def test_a_full_queue_is_waited_for_and_a_refused_record_is_an_error() -> None:
    producer = FakeProducer(full=2, refuses="huge")
    outbox, delivery = Outbox(lambda: producer), Delivery()
    outbox.write(records("a", "huge"), delivery)
    await outbox.flush()
    assert delivery.offsets == [0]
    assert delivery.errors == ["too large"]


def test_a_producer_that_gave_up_a_record_is_replaced() -> None:
    made: list[FakeProducer] = []

    def make() -> FakeProducer:
        made.append(FakeProducer())
        return made[-1]

    outbox = Outbox(make)
    outbox.renew()
    outbox.write(records("a"), Delivery())
    assert [len(producer.waiting) for producer in made] == [0, 1]


def test_commits_that_lie_one_after_another_behind_the_last_known_one_follow() -> None:
    assert Delivery([5, 6, 7]).follows(5, 3)


@pytest.mark.parametrize(
    ("offsets", "errors"),
    [([6, 7, 8], []), ([5, 6, 8], []), ([5, 6], []), ([5, 6, 7], ["lost"]), ([], ["lost"])],
)
def test_commits_do_not_follow_when_somebody_else_wrote_or_one_is_lost(offsets: list[int], errors: list[str]) -> None:
    assert not Delivery(offsets, errors).follows(5, 3)
