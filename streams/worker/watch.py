"""Deadlines and heartbeats of the jobs under way, looked at a few times a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass

from streams.worker.crew import Crew
from streams.worker.execution import timed_out
from streams.worker.jobs import Job
from streams.worker.results import Results

EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a long task says that it lives, and how long it may be silent."""

    heartbeat_s: float
    lease_s: float


class Watch:
    """Stops jobs at their deadline, and takes leases for those that take long."""

    def __init__(self, crews: Collection[Crew], results: Results, pace: Pace) -> None:
        self._crews = crews
        self._results = results
        self._pace = pace

    async def keep_looking(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look(time.monotonic(), time.time())

    def look(self, now: float, wall_now: float) -> None:
        """Look once: `now` on the monotonic clock, `wall_now` in Unix seconds."""
        for crew in self._crews:
            for job in list(crew.running.values()):
                if job.is_settled:
                    continue
                if 0 < job.deadline_at_ms <= wall_now * 1000:
                    self._results.report(job, timed_out(job.task))
                    crew.abandon(job)
                elif job.is_leasable and now - job.began_at >= self._pace.heartbeat_s and now >= job.next_beat_at:
                    job.next_beat_at = now + self._pace.heartbeat_s
                    self._results.heartbeat(job, int(self._pace.lease_s * 1000))

    def hand_back(self, jobs: Collection[Job]) -> None:
        """End the leases of jobs that will not be finished here, so that they are sent again soon."""
        for job in jobs:
            if job.beats:
                self._results.heartbeat(job, 0)
