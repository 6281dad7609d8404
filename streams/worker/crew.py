"""Many jobs of one node type at once, up to a bound. The others wait in order; while many wait, no more are read."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from streams.worker.jobs import Job, Key
from streams.worker.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many jobs run, and how many wait before reading pauses."""

    running: int
    waiting: int


class Crew:
    """Runs jobs. All calls come from the loop it belongs to."""

    def __init__(self, work: Callable[[Job], Awaitable[None]], release: Callable[[Job], None], bounds: Bounds) -> None:
        self._work = work
        #: Takes a job that needs nothing more.
        self._release = release
        self._bounds = bounds
        self._waiting: OrderedDict[Key, Job] = OrderedDict()
        #: Jobs whose coroutine has not ended, including those nobody waits for any more.
        self._active: set[Job] = set()
        self._room = asyncio.Event()
        self.running: dict[Key, Job] = {}

    @property
    def is_full(self) -> bool:
        """Whether a new job has to wait."""
        return len(self._active) >= self._bounds.running

    @property
    def active(self) -> list[asyncio.Task[None]]:
        """What has not ended, including what nobody waits for."""
        return [job.running for job in self._active if job.running is not None]

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    def add(self, job: Job) -> None:
        """Start a job, or let it wait. One that is here already is not run twice; its records are released together."""
        key = job.key
        known = self.running.get(key) or self._waiting.get(key)
        if known is not None and not known.is_settled:
            if known.beats:
                self._release(job)
            else:
                known.claims.extend(job.claims)
        elif self.is_full or self._waiting:
            self._waiting[key] = job
        else:
            self._start(key, job)

    async def room(self) -> None:
        """Return when few enough jobs wait."""
        while len(self._waiting) > self._bounds.waiting:
            self._room.clear()
            await self._room.wait()

    def cancel(self, key: Key) -> None:
        """Stop a job because nobody needs it any more."""
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            self._release(waiting)
        running = self.running.get(key)
        if running is not None and not running.is_settled:
            self.abandon(running)
            self._release(running)

    def abandon(self, job: Job) -> None:
        """Stop a running job; nothing is reported for it from now on."""
        job.is_settled = True
        if job.running is not None:
            job.running.cancel()
            if not job.has_begun:
                self._ended(job)

    def forget_waiting(self, gone: Iterable[Place]) -> None:
        """Drop waiting jobs whose records now belong to somebody else."""
        places = set(map(id, gone))
        lost = [key for key, job in self._waiting.items() if all(id(place) in places for place, _ in job.claims)]
        for key in lost:
            del self._waiting[key]
        self._room.set()

    def close(self) -> None:
        """Start nothing of what waits: it stays unacknowledged, for another worker."""
        self._waiting.clear()
        self._room.set()

    def _start(self, key: Key, job: Job) -> None:
        job.began_at = time.monotonic()
        self._active.add(job)
        self.running[key] = job
        job.running = asyncio.create_task(self._run(job))

    async def _run(self, job: Job) -> None:
        job.has_begun = True
        try:
            await self._work(job)
        finally:
            self._ended(job)

    def _ended(self, job: Job) -> None:
        self._active.discard(job)
        if self.running.get(job.key) is job:
            del self.running[job.key]
        while self._waiting and not self.is_full:
            self._start(*self._waiting.popitem(last=False))
        if len(self._waiting) <= self._bounds.waiting:
            self._room.set()
