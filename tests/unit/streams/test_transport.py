"""The transport over a fake of what lies below it: the thread that talks to the broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import CommitFailedError, KafkaConnectionError
from faust.types import TP, Message

from infra.settings import KafkaSettings
from streams.app import App, faust_app
from streams.transport import Consumer
from tests.unit.streams.fetched import COMMANDS, Rec, records

EVENTS = "t.events"


@dataclass
class FakeThread:
    """Gives the fetches it was told, and remembers what it was asked for."""

    fetches: list[dict[TP, list[Rec]]] = field(default_factory=list)
    assigned: set[TP] = field(default_factory=lambda: {TP(COMMANDS, 0), TP(COMMANDS, 1), TP(EVENTS, 0)})
    seeks: list[tuple[TP, int]] = field(default_factory=list)
    given_back: list[dict[TP, int]] = field(default_factory=list)
    commits: list[dict[TP, int]] = field(default_factory=list)
    commit_works: bool = True
    committed: dict[TP, int | None] = field(default_factory=dict)

    async def getmany(self, active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
        return self.fetches.pop(0) if self.fetches else {}

    async def give_back(self, fetched: Mapping[TP, Sequence[Rec]]) -> None:
        self.given_back.append({tp: found[0].offset for tp, found in fetched.items()})

    async def seek_to_committed(self) -> dict[TP, int | None]:
        return self.committed

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        if self.commit_works:
            self.commits.append(dict(offsets))
        return self.commit_works

    def seek(self, tp: TP, offset: int) -> None:
        self.seeks.append((tp, offset))

    def assignment(self) -> set[TP]:
        return self.assigned

    def highwater(self, tp: TP) -> int:
        return 100


@pytest.fixture
def app() -> App:
    made = faust_app("test", KafkaSettings(topic_prefix="t."), "127.0.0.1:1")
    made.topics._acking_topics.add(COMMANDS)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def thread() -> FakeThread:
    return FakeThread()


@pytest.fixture
def consumer(app: App, thread: FakeThread) -> Consumer:
    made = app.consumer
    assert isinstance(made, Consumer)
    made._thread = thread  # type: ignore[assignment]
    made._set_active_tps(thread.assigned)
    return made


async def fetch(consumer: Consumer, *fetched: list[Rec]) -> list[Message]:
    """Give the messages that one fetch leads to."""
    thread: Any = consumer._thread
    thread.fetches.append({TP(found[0].topic, found[0].partition): found for found in fetched})
    return [message async for _, message in consumer.getmany(timeout=0)]


def offsets(message: Message) -> list[int]:
    batch: Any = message.value
    return [record.offset for record in batch]


async def test_what_one_fetch_brought_for_a_partition_is_one_message(consumer: Consumer) -> None:
    first, second = await fetch(consumer, records(range(3)), records(range(5, 7), partition=1))
    assert (first.tp, first.offset, offsets(first)) == (TP(COMMANDS, 0), 2, [0, 1, 2])
    assert (second.tp, second.offset, offsets(second)) == (TP(COMMANDS, 1), 6, [5, 6])


async def test_a_batch_may_be_committed_when_it_and_those_before_it_are_done(
    consumer: Consumer, thread: FakeThread
) -> None:
    (first,) = await fetch(consumer, records(range(3)))
    (second,) = await fetch(consumer, records(range(3, 5)))
    assert not consumer.ack(second)
    await consumer.commit()
    assert thread.commits == []
    assert consumer.ack(first)
    await consumer.commit()
    await consumer.commit()
    assert thread.commits == [{TP(COMMANDS, 0): 5}]


async def test_a_commit_that_failed_is_tried_again(consumer: Consumer, thread: FakeThread) -> None:
    (message,) = await fetch(consumer, records(range(3)))
    consumer.ack(message)
    thread.commit_works = False
    await consumer.commit()
    thread.commit_works = True
    await consumer.commit()
    assert thread.commits == [{TP(COMMANDS, 0): 3}]


async def test_single_records_can_be_acknowledged_instead_of_batches(consumer: Consumer, thread: FakeThread) -> None:
    await fetch(consumer, records(range(10)))
    consumer.advance(TP(COMMANDS, 0), 4)
    await consumer.commit()
    assert thread.commits == [{TP(COMMANDS, 0): 4}]


async def test_records_that_were_given_already_are_left_out(consumer: Consumer) -> None:
    await fetch(consumer, records(range(5)))
    (message,) = await fetch(consumer, records(range(3, 8)))
    assert offsets(message) == [5, 6, 7]
    assert await fetch(consumer, records(range(2, 4))) == []


async def test_a_fetch_that_begins_too_late_is_refused_and_fetched_again(
    consumer: Consumer, thread: FakeThread
) -> None:
    await fetch(consumer, records(range(5)))
    assert await fetch(consumer, records(range(8, 12))) == []
    assert thread.seeks == [(TP(COMMANDS, 0), 5)]
    (message,) = await fetch(consumer, records(range(5, 12)))
    assert offsets(message) == [5, 6, 7, 8, 9, 10, 11]


async def test_a_hole_in_the_log_itself_is_passed(consumer: Consumer) -> None:
    await fetch(consumer, records(range(5)))
    assert await fetch(consumer, records(range(8, 12))) == []
    (message,) = await fetch(consumer, records(range(8, 12)))
    assert offsets(message) == [8, 9, 10, 11]


async def test_what_was_fetched_for_a_paused_partition_is_given_back(consumer: Consumer, thread: FakeThread) -> None:
    consumer.pause_partitions({TP(COMMANDS, 1)})
    (message,) = await fetch(consumer, records(range(2)), records(range(7, 9), partition=1))
    assert message.tp == TP(COMMANDS, 0)
    assert thread.given_back == [{TP(COMMANDS, 1): 7}]


async def test_what_a_rebalance_came_between_is_given_back(app: App, consumer: Consumer, thread: FakeThread) -> None:
    thread.fetches.append({TP(COMMANDS, 0): records(range(2)), TP(COMMANDS, 1): records(range(4), partition=1)})
    found = []
    async for _, message in consumer.getmany(timeout=0):
        found.append(message)
        app.consumer_generation_id += 1
    assert [message.tp for message in found] == [TP(COMMANDS, 0)]
    assert thread.given_back == [{TP(COMMANDS, 1): 0}]


async def test_nothing_is_given_to_a_stream_while_the_flow_is_stopped(consumer: Consumer, thread: FakeThread) -> None:
    class StopsTheFlow(FakeThread):
        async def getmany(self, active: set[TP], timeout: float) -> dict[TP, list[Rec]]:
            consumer.stop_flow()
            return await super().getmany(active, timeout)

    stopping = StopsTheFlow()
    consumer._thread = stopping  # type: ignore[assignment]
    assert await fetch(consumer, records(range(2))) == []
    assert stopping.given_back == [{TP(COMMANDS, 0): 0}]


async def test_after_going_back_the_work_under_way_counts_for_nothing(consumer: Consumer, thread: FakeThread) -> None:
    (before,) = await fetch(consumer, records(range(5)))
    thread.committed = {TP(COMMANDS, 0): 2, TP(COMMANDS, 1): None}
    await consumer.perform_seek()
    assert not consumer.ack(before)
    (again,) = await fetch(consumer, records(range(2, 5)))
    assert offsets(again) == [2, 3, 4]
    assert consumer.ack(again)
    await consumer.commit()
    assert thread.commits == [{TP(COMMANDS, 0): 5}]


async def test_streams_are_fed_only_when_a_rebalance_is_over(app: App, consumer: Consumer) -> None:
    consumer.pause_partitions(consumer.assignment())
    app.rebalancing = True
    consumer.resume_partitions(consumer.assignment())
    assert consumer._get_active_partitions() == {TP(EVENTS, 0)}
    consumer.resume_flow()
    assert consumer._get_active_partitions() == consumer.assignment()


async def test_batches_of_a_table_wait_for_no_acknowledgement(consumer: Consumer) -> None:
    (message,) = await fetch(consumer, records(range(3), topic=EVENTS))
    assert offsets(message) == [0, 1, 2]
    assert not consumer._given[TP(EVENTS, 0)]


async def test_partitions_that_are_revoked_are_forgotten(consumer: Consumer, thread: FakeThread) -> None:
    (message,) = await fetch(consumer, records(range(3)))
    consumer._on_partitions_revoked = accept
    await consumer.on_partitions_revoked({TP(COMMANDS, 0)})
    assert not consumer.ack(message)
    await consumer.commit()
    assert thread.commits == []


async def accept(revoked: set[TP]) -> None:
    """Take note of revoked partitions."""


@dataclass
class FakeState:
    position: int
    has_valid_position: bool = True


@dataclass
class FakeClient:
    """Stands where aiokafka's consumer stands, below the thread."""

    positions: dict[TP, FakeState]
    error: Exception | None = None
    committed: dict[TP, int | None] = field(default_factory=dict)
    seeks: list[tuple[TP, int]] = field(default_factory=list)
    beginnings: list[TP] = field(default_factory=list)

    def assignment(self) -> set[TP]:
        return set(self.positions)

    @property
    def _subscription(self) -> Any:
        return SimpleNamespace(
            subscription=SimpleNamespace(assignment=SimpleNamespace(state_value=self.positions.__getitem__))
        )

    def seek(self, tp: TP, offset: int) -> None:
        self.seeks.append((tp, offset))

    async def commit(self, offsets: Any) -> None:
        if self.error is not None:
            raise self.error

    async def seek_to_committed(self) -> dict[TP, int | None]:
        return self.committed

    async def seek_to_beginning(self, *tps: TP) -> None:
        self.beginnings += tps


def below(app: App, client: FakeClient) -> Any:
    thread: Any = app.consumer._thread  # type: ignore[attr-defined]
    thread._consumer = client
    return thread


async def test_giving_back_moves_a_partition_that_still_stands_behind_the_records(app: App) -> None:
    client = FakeClient({TP(COMMANDS, 0): FakeState(5), TP(COMMANDS, 1): FakeState(40)})
    fetched = {
        TP(COMMANDS, 0): records(range(2, 5)),
        TP(COMMANDS, 1): records(range(3), partition=1),
        TP(COMMANDS, 7): records(range(3), partition=7),
    }
    await below(app, client)._give_back(fetched)
    assert client.seeks == [(TP(COMMANDS, 0), 2)]


async def test_a_partition_without_a_committed_offset_goes_back_to_its_beginning(app: App) -> None:
    everything = {TP(COMMANDS, 0): FakeState(5), TP(COMMANDS, 1): FakeState(5), TP(EVENTS, 0): FakeState(5)}
    client = FakeClient(everything, committed={TP(COMMANDS, 0): 5, TP(COMMANDS, 1): None, TP(EVENTS, 0): None})
    await below(app, client)._seek_to_committed()
    assert client.beginnings == [TP(COMMANDS, 1)]


@pytest.mark.parametrize("error", [CommitFailedError("rebalanced"), KafkaConnectionError("broker away")])
async def test_a_failed_commit_of_offsets_ends_nothing(app: App, error: Exception) -> None:
    client = FakeClient({TP(COMMANDS, 0): FakeState(5)}, error=error)
    assert not await below(app, client)._commit({TP(COMMANDS, 0): 3})
