"""One stream for everything a browser shows: the events of several runs, and which other runs changed.

A browser keeps few connections to one server, so all its tabs share this one. Each run is followed as on its own
stream; a queue of bounded length puts them in line, so that a slow reader slows its own runs only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from api.events_json import events_of
from api.follow import Following
from api.live import Live
from api.problems import Problem
from api.runs import Runs
from api.views import run_view
from engine.events import Commit
from engine.state import FINAL

#: How often changed runs are told, and how long the stream is silent at most.
CHANGES_EVERY_S = 0.25
SILENCE_S = 15.0
#: Batches of events that wait for a slow reader.
QUEUED = 64


@dataclass(slots=True, kw_only=True)
class FollowingMany:
    """One reader. `positions` are the runs it shows, each with the number of the last event it has."""

    runs: Runs
    live: Live
    positions: Mapping[str, int]
    _messages: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUED))

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield server-sent events until the reader leaves."""
        tasks = [asyncio.ensure_future(self._follow(run_id, seq)) for run_id, seq in self.positions.items()]
        tasks.append(asyncio.ensure_future(self._tell_changes()))
        try:
            yield b"retry: 1000\nevent: ready\ndata: {}\n\n"
            while True:
                yield await self._next()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(SILENCE_S):
                return await self._messages.get()
        except TimeoutError:
            return b": nothing new\n\n"

    async def _follow(self, run_id: str, seq: int) -> None:
        """Tell the events of a run; after its end, or when it cannot be followed, that it is not followed any more."""
        try:
            following = Following(runs=self.runs, live=self.live, run_id=run_id, seq=seq)
            async for commits in following.batches(await self.runs.state(run_id)):
                if told := _events(commits, seq):
                    await self._messages.put(told)
            final = await self.runs.find(run_id)
            if final is not None and final.status in FINAL:
                await self._messages.put(_message("ended", run_view(final)))
            else:
                await self._messages.put(_message("left", {"run": run_id}))
        except Problem as problem:
            left = {"run": run_id, "problem": problem.document(f"/api/v1/runs/{run_id}")}
            await self._messages.put(_message("left", left))

    async def _tell_changes(self) -> None:
        with self.live.changes() as changes:
            while True:
                await asyncio.sleep(CHANGES_EVERY_S)
                changed, are_more = changes.take()
                if changed:
                    await self._messages.put(_message("changed", {"runs": changed, "more": are_more}))


def _events(commits: Iterable[Commit], after: int) -> bytes:
    numbered = (each for commit in commits for each in events_of(commit))
    return b"".join(_message("event", event) for seq, event in numbered if seq > after)


def _message(kind: str, data: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data))
