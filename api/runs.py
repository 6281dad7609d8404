"""What is known of a run: the newest commits in memory first, Postgres and the log for what is older.

A run that was accepted here can be read at once, whether or not the snapshots stage has got to it: its commits are in
`recent`, and before its first commit it is in `accepted`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from api.ports import Store
from api.problems import Problem, not_found, unavailable
from api.recent import Recent
from engine.events import Commit
from engine.replay import apply, fold, new_state
from engine.snapshot import load
from engine.state import RunState
from infra.errors import Unreachable
from schemas.codec import decode_as

ACCEPTED_RUNS = 20_000


@dataclass(slots=True)
class Accepted:
    """Runs whose start is in the log, and that may have no commit yet. Bounded: the oldest are let go."""

    recent: Recent
    _states: OrderedDict[str, tuple[RunState, int]] = field(default_factory=OrderedDict)

    def add(self, state: RunState, since: int) -> None:
        """Remember a run. `since` is `recent.added` from before its start was sent."""
        self._states[state.run_id] = (state, since)
        while len(self._states) > ACCEPTED_RUNS:
            self._states.popitem(last=False)

    def without_commit(self, run_id: str) -> RunState | None:
        """Give a run that has no commit yet: none is in memory, and none that came since was let go."""
        state, added = self._states.get(run_id, (None, 0))
        has_commit = self.recent.of(run_id.encode()) or self.recent.dropped > added
        return None if has_commit else state


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Answers questions about single runs."""

    recent: Recent
    store: Store
    accepted: Accepted

    async def state(self, run_id: str) -> RunState:
        """Give the newest state of a run. Raises a 404 problem, or 503 when it cannot be known now."""
        state = await self.find(run_id)
        if state is None:
            raise await self._missing(run_id)
        return state

    async def state_at(self, run_id: str, seq: int) -> RunState:
        """Give the state as it was after the event `seq`. Raises a 404 problem when the run has no such event."""
        newest = await self.state(run_id)
        if not 1 <= seq <= newest.seq:
            raise not_found(f"run {run_id[:100]} has events 1 to {newest.seq}, not {seq}")
        if seq == newest.seq:
            return newest
        recent = self._recent(run_id)
        if recent and recent[0].seq == 1:
            return folded_to(new_run(run_id), recent, seq)
        try:
            stored = await self.store.state_at(run_id, seq)
        except Unreachable as error:
            raise store_away(error) from None
        if not isinstance(stored, RunState):
            raise unavailable("the snapshots are behind: that state is not known yet")
        return stored

    async def find(self, run_id: str) -> RunState | None:
        """Give the newest state of a run, if there is one. Raises a 503 problem without Postgres."""
        recent = self._recent(run_id)
        if recent and recent[0].seq == 1:
            return _run_only(folded(new_run(run_id), recent))
        if (accepted := self.accepted.without_commit(run_id)) is not None:
            return accepted
        stored = await self._stored(run_id)
        return None if stored is None else _run_only(folded(stored, recent))

    async def commits(self, run_id: str, from_seq: int, limit: int) -> Sequence[Commit]:
        """Give commits without a gap: the one with the event `from_seq`, then those after it, as far as known."""
        recent = self._recent(run_id)
        if recent and recent[0].seq <= from_seq:
            return [commit for commit in recent if _end(commit) >= from_seq][:limit]
        try:
            found = list(await self.store.commits(run_id, from_seq, limit))
        except Unreachable as error:
            raise store_away(error) from None
        for commit in recent:
            next_seq = _end(found[-1]) + 1 if found else from_seq
            if len(found) < limit and commit.seq == next_seq:
                found.append(commit)
        return found

    def newest_seq(self, run_id: str) -> int:
        """Give the number of the newest event in memory, 0 for none: more than `commits` may know of for a moment."""
        recent = self._recent(run_id)
        return _end(recent[-1]) if recent else 0

    def _recent(self, run_id: str) -> list[Commit]:
        return [decode_as(Commit, value) for value in self.recent.of(run_id.encode())]

    async def _stored(self, run_id: str) -> RunState | None:
        try:
            stored = await self.store.state(run_id)
        except Unreachable as error:
            raise store_away(error) from None
        state = None if stored is None else load(stored.state)
        return state if isinstance(state, RunState) else None

    async def _missing(self, run_id: str) -> Problem:
        """Tell a run that does not exist from one that Postgres has not got to yet."""
        try:
            reached = await self.store.reached()
        except Unreachable as error:
            return store_away(error)
        if self.recent.reaches_back_to(reached):
            return not_found(f"there is no run {run_id[:100]}")
        return unavailable(f"the snapshots are behind: whether there is a run {run_id[:100]} is not known yet")


def new_run(run_id: str) -> RunState:
    """Give the state of a run nothing is known of."""
    state = new_state(run_id)
    if not isinstance(state, RunState):
        raise not_found(f"{run_id[:100]} is no run")
    return state


def folded(state: RunState, commits: Iterable[Commit]) -> RunState:
    """Fold those commits into `state` that follow it without a gap."""
    newer = [commit for commit in commits if commit.seq > state.seq]
    for commit in takewhile(lambda next_one: next_one.seq == state.seq + 1, newer):
        apply(state, commit)
    return state


def folded_to(state: RunState, commits: Iterable[Commit], seq: int) -> RunState:
    """Fold the events up to the one with the number `seq` into `state`."""
    for commit in commits:
        for number, event in enumerate(commit.events, start=commit.seq):
            if state.seq < number <= seq:
                fold(state, event, commit.at_ms)
    return state


def store_away(error: Exception) -> Problem:
    """Give the problem for a Postgres that does not answer; runs go on without it."""
    return unavailable(f"Postgres cannot be asked now; runs go on meanwhile. {error}")


def _run_only(state: RunState) -> RunState | None:
    """Give the state, unless all that is in the log are commands that were refused."""
    return state if state.name else None


def _end(commit: Commit) -> int:
    return commit.seq + len(commit.events) - 1
