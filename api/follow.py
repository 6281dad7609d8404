"""A run's events from any point on, without a gap or a repetition, up to the end of the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from api.live import Live, Watch
from api.runs import Runs
from engine.events import Commit, RunCancelled, RunCompleted, RunFaulted, RunReopened
from engine.state import FINAL, RunState

PAGE_COMMITS = 500
#: How often the history is read again while Postgres has not got to what the log has already.
GAP_POLL_S = 0.1


@dataclass(slots=True, kw_only=True)
class Following:
    """One reader's position. `heartbeat_s` is how often it hears something at least."""

    runs: Runs
    live: Live
    run_id: str
    #: Number of the last event the reader has.
    seq: int
    heartbeat_s: float = 15.0
    _is_final: bool = False

    async def batches(self, known: RunState) -> AsyncIterator[list[Commit]]:
        """Yield commits as they come; an empty list when nothing happened for a while. Ends with the run."""
        with self.live.watch(self.run_id) as watch:
            self._is_final = known.status in FINAL
            while True:
                async for commits in self._history(known.seq):
                    yield commits
                if self._is_final and self.seq >= known.seq:
                    return
                async for commits in self._live(watch):
                    yield commits
                if self._is_final or watch.is_cut_off:
                    return

    async def _history(self, known_seq: int) -> AsyncIterator[list[Commit]]:
        while True:
            commits = self._new(await self.runs.commits(self.run_id, self.seq + 1, PAGE_COMMITS))
            if commits:
                yield commits
            elif self.seq >= max(known_seq, self.runs.newest_seq(self.run_id)):
                return
            else:
                await asyncio.sleep(GAP_POLL_S)

    async def _live(self, watch: Watch) -> AsyncIterator[list[Commit]]:
        """Yield what arrives, until the run ends or something in between is missing."""
        while not self._is_final and not watch.is_cut_off:
            arrived = await watch.take(self.heartbeat_s)
            yield self._new(arrived)
            if arrived and arrived[-1].seq > self.seq:
                return

    def _new(self, commits: Iterable[Commit]) -> list[Commit]:
        """Take those commits that follow, and move on."""
        fresh: list[Commit] = []
        for commit in commits:
            end = commit.seq + len(commit.events) - 1
            if commit.seq <= self.seq + 1 and end > self.seq:
                fresh.append(commit)
                self.seq = end
                self._is_final = _final_after(commit, was_final=self._is_final)
        return fresh


def _final_after(commit: Commit, *, was_final: bool) -> bool:
    """Tell whether the run has ended after a commit."""
    for event in commit.events:
        match event:
            case RunCompleted() | RunFaulted() | RunCancelled():
                was_final = True
            case RunReopened():
                was_final = False
            case _:
                pass
    return was_final
