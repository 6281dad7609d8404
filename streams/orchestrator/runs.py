"""The states of one partition's runs in memory: as many as a setting allows, the others wait in Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.snapshot import State

UUID_LENGTH = 36


@dataclass(slots=True, kw_only=True)
class Runs:
    """States by run id, the least recently used first.

    A state leaves memory only when Postgres holds everything that is in it, so an id that is neither in memory nor
    among the evicted is new, or older than what this process recovered.
    """

    limit: int
    _states: dict[str, State] = field(default_factory=dict)
    #: Offset of the last commit that is in each state.
    _offsets: dict[str, int] = field(default_factory=dict)
    #: Ids evicted lately, oldest first. A repeated `StartRun` for one of them must not begin a second run.
    _evicted: dict[str, None] = field(default_factory=dict)
    #: When the youngest of the ids was made that were evicted and are not remembered any more, Unix milliseconds.
    forgotten_ms: int = 0

    def get(self, run_id: str) -> State | None:
        """Give the state of a run, `None` if it is not in memory."""
        return self._states.get(run_id)

    def offset_of(self, run_id: str) -> int:
        """Give the offset of the last commit in the state of a run in memory."""
        return self._offsets[run_id]

    def put(self, run_id: str, state: State, offset: int) -> None:
        """Keep a state, as the most recently used. `offset` is that of the last commit in it."""
        self._states.pop(run_id, None)
        self._states[run_id] = state
        self._offsets[run_id] = offset

    def was_evicted(self, run_id: str) -> bool:
        """Tell whether the run was in memory lately and is in Postgres now."""
        return run_id in self._evicted

    def evict(self, persisted_offset: int) -> int:
        """Let runs go whose last commit is at or below `persisted_offset` until the limit is met; give how many."""
        before = len(self._states)
        while len(self._states) > self.limit:
            oldest = next(iter(self._states))
            if self._offsets[oldest] > persisted_offset:
                break
            del self._states[oldest], self._offsets[oldest]
            self._remember(oldest)
        return before - len(self._states)

    @property
    def is_within_limit(self) -> bool:
        """Whether nothing has to be evicted."""
        return len(self._states) <= self.limit

    def _remember(self, run_id: str) -> None:
        self._evicted[run_id] = None
        if len(self._evicted) > self.limit:
            forgotten = next(iter(self._evicted))
            del self._evicted[forgotten]
            self.forgotten_ms = max(self.forgotten_ms, made_at_ms(forgotten) or 0)

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[State]:
        return iter(self._states.values())

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._states


def made_at_ms(run_id: str) -> int | None:
    """Give when an id was made, Unix milliseconds, if it is a UUID of version 7; `None` for ids of another kind."""
    if len(run_id) != UUID_LENGTH or run_id[14] != "7":
        return None
    try:
        return int(run_id[:8] + run_id[9:13], 16)
    except ValueError:
        return None
