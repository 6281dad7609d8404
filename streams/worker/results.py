"""Results to the log, then acknowledgements: whatever ended in one turn of the loop goes in one write and one flush."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import defaultdict
from dataclasses import dataclass

from engine.commands import Command, CompleteTask, FailTask, HeartbeatTask
from schemas.codec import encode
from schemas.records import DeadLetter
from streams.outbox import Delivery, Outbox, Outgoing
from streams.transport import Record
from streams.worker.figures import Figures
from streams.worker.jobs import Job
from streams.worker.place import Place

LOG = logging.getLogger(__name__)

STAGE = "nodes"
AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Full names of the topics a worker writes to."""

    commands: str
    dead_letters: str


class Results:
    """Collects what is to be written and what is to be acknowledged after it. Call everything from the loop."""

    def __init__(self, outbox: Outbox, addresses: Addresses, worker_id: str, figures: Figures) -> None:
        self._outbox = outbox
        self._addresses = addresses
        self._worker_id = worker_id
        self._actor = f"worker:{worker_id}"
        self._origin = f"worker:{socket.gethostname()}"
        self._figures = figures
        self._metrics = figures.metrics
        self._records: list[Outgoing] = []
        self._claims: list[tuple[Place, int]] = []
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()

    def report(self, job: Job, result: CompleteTask | FailTask) -> None:
        """Send what the job came to, then acknowledge it. The first report of a job counts."""
        if job.is_settled:
            return
        self._order(job, "result", result)
        job.is_settled = True
        self._figures.note(job, result)
        self.release(job)

    def heartbeat(self, job: Job, lease_ms: int) -> None:
        """Take or renew the lease of a job; its record is acknowledged when the lease is with the log."""
        job.beats += 1
        self._figures.heartbeats.inc()
        beat = HeartbeatTask(path=job.task.path, attempt=job.task.attempt, worker=self._worker_id, lease_ms=lease_ms)
        self._order(job, f"beat/{job.beats}", beat)
        self.release(job)

    def release(self, job: Job) -> None:
        """Acknowledge a job, after everything that was sent before."""
        self._claims += job.claims
        job.claims = []
        self._wake.set()

    def skip(self, place: Place, offset: int) -> None:
        """Acknowledge a record that is no job."""
        self._claims.append((place, offset))
        self._wake.set()

    def dead_letter(self, place: Place, record: Record, reason: str) -> None:
        """Put a record that can't be worked on aside, with the reason."""
        LOG.error("%s partition %d offset %d: %s", record.topic, record.partition, record.offset, reason)
        letter = DeadLetter(
            stage=STAGE,
            reason=reason,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            at_ms=int(time.time() * 1000),
            record_key=record.key,
            record_value=record.value,
        )
        self._records.append(Outgoing(topic=self._addresses.dead_letters, key=STAGE.encode(), value=encode(letter)))
        self._metrics.dead_letters.inc()
        self.skip(place, record.offset)

    async def keep_settling(self) -> None:
        """Write and acknowledge whenever there is something, for ever."""
        while True:
            await self._wake.wait()
            await self.settle()

    async def settle(self) -> None:
        """Write everything, wait until the log has it, then acknowledge."""
        async with self._turn:
            self._wake.clear()
            records, self._records = self._records, []
            claims, self._claims = self._claims, []
            if records:
                await self._write(records)
            finished: defaultdict[Place, list[int]] = defaultdict(list)
            for place, offset in claims:
                finished[place].append(offset)
            for place, offsets in finished.items():
                place.finish(offsets)

    async def _write(self, records: list[Outgoing]) -> None:
        """Write until all is delivered. What was delivered already may be there twice: the second is rejected."""
        while True:
            delivery = Delivery()
            self._outbox.write(records, delivery)
            await self._outbox.flush()
            if not delivery.errors:
                break
            LOG.error("%d results not written, will try again: %s", len(delivery.errors), delivery.errors[0])
            self._outbox.renew()
            await asyncio.sleep(AGAIN_AFTER_S)
        self._metrics.produced.inc(len(records))
        self._metrics.flush_seconds.observe(self._outbox.flush_s)
        self._metrics.progress.note()

    def _order(self, job: Job, what: str, body: CompleteTask | FailTask | HeartbeatTask) -> None:
        task = job.task
        command = Command(
            run_id=task.run_id,
            command_id=f"{task.run_id}{task.path}/{task.attempt}/{what}",
            actor=self._actor,
            body=body,
            origin=self._origin,
        )
        record = Outgoing(topic=self._addresses.commands, key=task.run_id.encode(), value=encode(command))
        self._records.append(record)
