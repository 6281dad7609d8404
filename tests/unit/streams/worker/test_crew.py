from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from engine.messages import DispatchTask
from streams.worker.crew import Bounds, Crew
from streams.worker.jobs import Job, Key, key_of
from streams.worker.place import Place
from tests.eventually import eventually_async


@dataclass
class Works:
    """A crew whose jobs run until their gate is open."""

    running: int = 2
    waiting: int = 2
    begun: list[str] = field(default_factory=list)
    released: list[Job] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = Place(lambda offset: None)
        self.crew = Crew(self.work, self.released.append, Bounds(running=self.running, waiting=self.waiting))

    async def work(self, job: Job) -> None:
        self.begun.append(job.task.run_id)
        await self.gates.setdefault(job.task.run_id, asyncio.Event()).wait()
        job.is_settled = True

    def add(self, *run_ids: str) -> list[Job]:
        jobs = [job_of(run_id, self.place, offset) for offset, run_id in enumerate(run_ids)]
        for job in jobs:
            self.crew.add(job)
        return jobs

    async def until_begun(self, *run_ids: str) -> None:
        await eventually_async(lambda: asyncio.sleep(0, self.begun == list(run_ids)))

    def open(self, run_id: str) -> None:
        self.gates.setdefault(run_id, asyncio.Event()).set()


def job_of(run_id: str, place: Place, offset: int) -> Job:
    task = DispatchTask(
        run_id=run_id,
        path="/do/0/a",
        attempt=1,
        node_type="echo",
        arguments="null",
        secret_expressions=None,
        deadline_ms=0,
        namespace="n",
        name="w",
        version="1",
    )
    return Job(task=task, key=key_of(task), claims=[(place, offset)])


def key(run_id: str) -> Key:
    return (run_id, "/do/0/a", 1)


async def test_no_more_jobs_run_than_the_bound_and_the_others_follow_in_order() -> None:
    works = Works()
    works.add("a", "b", "c", "d")
    await works.until_begun("a", "b")
    assert works.crew.waiting == 2

    works.open("b")
    await works.until_begun("a", "b", "c")


async def test_reading_pauses_while_too_many_wait() -> None:
    works = Works(running=1, waiting=1)
    works.add("a", "b", "c")
    room = asyncio.create_task(works.crew.room())
    await works.until_begun("a")
    assert not room.done()

    works.open("a")
    await asyncio.wait_for(room, 5)


async def test_a_job_that_is_here_already_is_not_run_twice() -> None:
    works = Works()
    first = works.add("a")[0]
    await works.until_begun("a")
    works.add("a")

    assert len(first.claims) == 2
    assert works.released == []


async def test_a_job_with_a_lease_lets_its_second_record_go_at_once() -> None:
    works = Works()
    first = works.add("a")[0]
    first.beats = 1
    second = works.add("a")[0]

    assert works.released == [second]
    assert len(first.claims) == 1


async def test_a_cancelled_job_makes_room() -> None:
    works = Works(running=1)
    jobs = works.add("a", "b")
    await works.until_begun("a")
    works.crew.cancel(key("a"))

    await works.until_begun("a", "b")
    assert works.released == [jobs[0]]


@pytest.mark.parametrize("run_id", ["a", "b"])
async def test_a_job_cancelled_before_it_began_never_begins(run_id: str) -> None:
    works = Works(running=1)
    works.add("a", "b")
    works.crew.cancel(key(run_id))
    works.open("a")
    works.open("b")

    await works.until_begun("b" if run_id == "a" else "a")
    assert [job.task.run_id for job in works.released] == [run_id]


async def test_what_waits_for_a_partition_that_is_gone_is_dropped() -> None:
    works = Works(running=1)
    works.add("a", "b")
    works.crew.forget_waiting([works.place])
    works.open("a")
    await eventually_async(lambda: asyncio.sleep(0, not works.crew.running))

    assert works.begun == ["a"]
    assert works.released == []


async def test_a_closed_crew_starts_nothing_that_waits() -> None:
    works = Works(running=1)
    works.add("a", "b")
    works.crew.close()
    works.open("a")
    await eventually_async(lambda: asyncio.sleep(0, not works.crew.running))

    assert works.begun == ["a"]
