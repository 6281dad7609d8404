from __future__ import annotations

import asyncio

import pytest

from engine.commands import Command, FailTask, HeartbeatTask
from schemas.codec import decode
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.worker.crew import Bounds, Crew
from streams.worker.figures import Figures
from streams.worker.jobs import Job
from streams.worker.place import Place
from streams.worker.results import Addresses, Results
from streams.worker.watch import Pace, Watch
from tests.eventually import eventually_async
from tests.unit.streams.worker.test_crew import job_of


class LastingProducer:
    """Keeps what it is given, and fails as often as it is told."""

    def __init__(self, failures: list[str]) -> None:
        self.bodies: list[Command] = []
        self._failures = failures

    def produce(self, topic: str, value: bytes | None = None, key: bytes | None = None, **options: object) -> None:
        if self._failures:
            options["on_delivery"](self._failures.pop(), None)  # type: ignore[operator]
            return
        found = decode(value)
        assert isinstance(found, Command)
        self.bodies.append(found)
        options["on_delivery"](None, Written())  # type: ignore[operator]

    def flush(self, timeout: float) -> int:
        return 0

    def poll(self, timeout: float) -> int:
        return 0


class Written:
    def offset(self) -> int:
        return 0


class Desk:
    """A crew with one job that never ends, watched."""

    def __init__(self, failures: list[str]) -> None:
        self.producer = LastingProducer(failures)
        self.advanced: list[int] = []
        self.results = Results(
            Outbox(lambda: self.producer),
            Addresses(commands="commands", dead_letters="dead"),
            "me",
            Figures(Metrics("test")),
        )
        self.crew = Crew(self.work, self.results.release, Bounds(running=5, waiting=5))
        self.watch = Watch([self.crew], self.results, Pace(heartbeat_s=5, lease_s=20))
        self.place = Place(self.advanced.append)

    async def work(self, job: Job) -> None:
        await asyncio.Event().wait()

    def begin(self, **more: object) -> Job:
        self.place._acks.take(0)
        job = job_of("a", self.place, 0)
        for name, value in more.items():
            setattr(job, name, value)
        self.crew.add(job)
        job.began_at = 100
        return job

    async def orders(self) -> list[object]:
        await self.results.settle()
        return [command.body for command in self.producer.bodies]


@pytest.fixture
def desk() -> Desk:
    return Desk([])


async def test_a_long_task_beats_at_its_pace_and_is_acknowledged_with_the_first(desk: Desk) -> None:
    desk.begin()
    desk.watch.look(104.9, 0)
    assert await desk.orders() == []
    for now in (105, 106, 109.9, 110):
        desk.watch.look(now, 0)
    beats = await desk.orders()

    assert beats == [HeartbeatTask(path="/do/0/a", attempt=1, worker="me", lease_ms=20_000)] * 2
    assert desk.advanced == [1]


async def test_what_has_no_lease_does_not_beat(desk: Desk) -> None:
    desk.begin(is_leasable=False)
    desk.watch.look(1000, 0)

    assert await desk.orders() == []


async def test_a_task_is_stopped_at_its_deadline_once(desk: Desk) -> None:
    job = desk.begin(deadline_at_ms=50_000)
    desk.watch.look(101, 49.9)
    assert await desk.orders() == []
    desk.watch.look(101, 50)
    desk.watch.look(101, 51)
    found = await desk.orders()

    assert [type(order) for order in found] == [FailTask]
    assert desk.advanced == [1]
    await eventually_async(lambda: asyncio.sleep(0, job.running is not None and job.running.done()))


async def test_a_lease_is_given_back_only_by_those_who_have_one(desk: Desk) -> None:
    job = desk.begin()
    desk.watch.hand_back([job])
    desk.watch.look(200, 0)
    desk.watch.hand_back([job])

    assert [order.lease_ms for order in await desk.orders() if isinstance(order, HeartbeatTask)] == [20_000, 0]


async def test_nothing_is_acknowledged_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.worker.results.AGAIN_AFTER_S", 0)
    desk = Desk(["the broker is away", "still away"])
    desk.begin()
    desk.watch.look(200, 0)
    assert desk.advanced == []

    assert len(await desk.orders()) == 1
    assert desk.advanced == [1]
