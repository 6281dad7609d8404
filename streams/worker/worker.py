"""The worker of a process: agents for task topics, a crew for each, and what they share."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faust.types import TP, AgentT, EventT

from engine.messages import CancelTask, DispatchTask
from schemas.codec import MalformedRecord, decode
from streams.app import App
from streams.metrics import Metrics
from streams.transport import Consumer, Record, batch_of
from streams.worker.answered import Answered
from streams.worker.crew import Bounds, Crew
from streams.worker.execution import Execution, LoadedNode, broken, cancelled_itself, timed_out
from streams.worker.jobs import Job, key_of
from streams.worker.place import Place
from streams.worker.results import Results
from streams.worker.watch import Pace, Watch

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker shares its time."""

    bounds: Bounds
    pace: Pace
    #: How long running tasks may go on after the worker was told to stop.
    grace_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker works with. `topics` has the node types of each topic of tasks, by its full name."""

    app: App
    topics: Mapping[str, Sequence[LoadedNode]]
    execution: Execution
    results: Results
    metrics: Metrics
    answered: Answered


class NodeWorker:
    """Takes tasks from its topics and runs them."""

    def __init__(self, parts: WorkerParts, options: WorkerOptions) -> None:
        self._parts = parts
        self._options = options
        self._places: dict[TP, Place] = {}
        self._nodes = {node.type.name: node.type for nodes in parts.topics.values() for node in nodes}
        self.crews = {topic: Crew(self._work, parts.results.release, options.bounds) for topic in parts.topics}
        self._costly = {topic for topic, nodes in parts.topics.items() if any(node.type.costly for node in nodes)}
        self._watch = Watch(self.crews.values(), parts.results, options.pace)

    @property
    def parts(self) -> WorkerParts:
        """What the worker works with."""
        return self._parts

    def register(self) -> None:
        """Add the agents and hooks to the app. Call it before the app starts."""
        app = self._parts.app
        for topic in self._parts.topics:
            self._add_agent(topic)
        app.on_partitions_assigned.connect(self._on_assigned)  # type: ignore[arg-type]
        app.on_before_shutdown.connect(self._on_shutdown)  # type: ignore[arg-type]

    async def serve(self, topic: str, node: LoadedNode) -> None:
        """Run tasks of one more node type, or of one in a new version, from now on. The app has started."""
        self._nodes[node.type.name] = node.type
        self._parts.execution.put(node)
        if topic not in self.crews:
            self.crews[topic] = Crew(self._work, self._parts.results.release, self._options.bounds)
            agent = self._add_agent(topic)
            await agent.maybe_start()
            self._parts.app.agents.update_topic_index()  # type: ignore[attr-defined]  # the protocol lacks it

    def _add_agent(self, topic: str) -> AgentT[Any]:
        app = self._parts.app
        channel = app.topic(topic, key_serializer="raw", value_serializer="raw")
        return app.agent(channel, name=topic)(self._agent(topic))

    @property
    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run beside the app, for ever."""
        return [self._parts.results.keep_settling, self._watch.keep_looking]

    def _agent(self, topic: str) -> Any:
        async def consume(stream: Any) -> None:
            crew = self.crews[topic]
            async for event in stream.noack().events():
                if topic in self._costly:
                    await self._parts.answered.look(event.message.tp, batch_of(event))
                began_at = time.perf_counter()
                records = self.take(crew, event)
                self._parts.metrics.batch(records, time.perf_counter() - began_at)
                await crew.room()

        return consume

    def take(self, crew: Crew, event: EventT[Any]) -> int:
        """Start the tasks of a batch, or let them wait; give how many records it had."""
        batch = batch_of(event)
        place = self._place(event.message.tp)
        for record in place.begin(batch, event):
            self._take_record(crew, place, record)
        return len(batch)

    def _take_record(self, crew: Crew, place: Place, record: Record) -> None:
        try:
            found = decode(record.value)
            match found:
                case DispatchTask() if self._parts.answered.has(record, key_of(found)):
                    self._parts.results.skip(place, record.offset)
                case DispatchTask():
                    crew.add(self._job(found, place, record.offset))
                case CancelTask():
                    crew.cancel(key_of(found))
                    self._parts.results.skip(place, record.offset)
                case _:
                    raise MalformedRecord(f"expected a task or a cancellation, found {type(found).__name__}")
        except Exception as error:  # noqa: BLE001  # a boundary: no record may stop its partition
            self._parts.results.dead_letter(place, record, str(error))

    def _job(self, task: DispatchTask, place: Place, offset: int) -> Job:
        node = self._nodes.get(task.node_type)
        return Job(
            task=task,
            key=key_of(task),
            claims=[(place, offset)],
            deadline_at_ms=task.deadline_ms,
            is_leasable=node is None or not node.internal,
        )

    async def _work(self, job: Job) -> None:
        node = self._nodes.get(job.task.node_type)
        if job.deadline_at_ms == 0 and node is not None and node.timeout_s is not None:
            job.deadline_at_ms = int((time.time() + node.timeout_s) * 1000)
        if 0 < job.deadline_at_ms <= time.time() * 1000:
            self._parts.results.report(job, timed_out(job.task))
            return
        try:
            result = await self._parts.execution.run(job.task, job.deadline_at_ms)
            self._parts.results.report(job, result)
        except asyncio.CancelledError:
            self._parts.results.report(job, cancelled_itself(job.task))
        except Exception as error:  # noqa: BLE001  # a boundary: a task without a result would hold its partition up
            self._parts.results.report(job, broken(job.task, error))

    def _place(self, tp: TP) -> Place:
        place = self._places.get(tp)
        if place is None:

            def advance(next_offset: int) -> None:
                consumer = self._parts.app.consumer
                if self._places.get(tp) is place and isinstance(consumer, Consumer):
                    consumer.advance(tp, next_offset)

            place = self._places[tp] = Place(advance)
        return place

    async def _on_assigned(self, _app: App, assigned: Iterable[TP], **_: Any) -> None:
        """Forget the places that went to others: what waits there is theirs, what runs is finished."""
        mine = set(assigned)
        self._parts.answered.keep(mine)
        gone = {tp: place for tp, place in self._places.items() if tp not in mine}
        for tp in gone:
            del self._places[tp]
        for crew in self.crews.values():
            crew.forget_waiting(gone.values())
        self._parts.metrics.partitions.set(len(mine))

    async def _on_shutdown(self, _app: App, **_: Any) -> None:
        """Finish what can be finished in the grace period, and hand the rest back."""
        active = [task for crew in self.crews.values() for task in crew.active]
        for crew in self.crews.values():
            crew.close()
        if active:
            await asyncio.wait(active, timeout=self._options.grace_s)
        for crew in self.crews.values():
            left = [job for job in crew.running.values() if not job.is_settled]
            LOG.info("%d tasks handed back", len(left))
            self._watch.hand_back(left)
            for job in left:
                crew.abandon(job)
        await self._parts.results.settle()
