"""One partition of the events topic, as it is told to others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.chain import Chain
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.lifecycle import Lifecycle, lifecycle_of
from engine.replay import new_state
from engine.state import RunState
from schemas import codec

LOG = logging.getLogger(__name__)

#: Faulted runs that are remembered, in case somebody takes them up again.
FAULTED_MAX = 10_000
_OVER = frozenset({"completed", "cancelled"})


@dataclass(slots=True, kw_only=True)
class Story:
    """The partition up to `next_offset`."""

    number: int
    next_offset: int = 0
    chain: Chain = field(default_factory=Chain)
    runs: dict[str, RunState] = field(default_factory=dict)
    #: Ids of faulted runs, the oldest first.
    faulted: dict[str, None] = field(default_factory=dict)

    def go_on(self, offset: int, value: bytes | None) -> Iterator[tuple[str, Lifecycle]]:
        """Fold the next record; give run id and event of what is to be told."""
        self.next_offset = offset + 1
        try:
            commit = codec.decode_as(Commit, value)
        except codec.MalformedRecord as error:
            LOG.warning("partition %d, offset %d is skipped: %s", self.number, offset, error)
            return
        if self.chain.accept(commit.parent, value or b""):
            for told in self._told(commit):
                yield commit.run_id, told

    def _told(self, commit: Commit) -> list[Lifecycle]:
        state = self.runs.get(commit.run_id) or new_state(commit.run_id)
        if not isinstance(state, RunState) or commit.seq != state.seq + 1:
            # Gates and schedules have no lifecycle; a run that is unknown here is over.
            return []
        try:
            told = lifecycle_of(state, commit)
        except CorruptHistory:
            LOG.exception("nothing more is told of run %s", commit.run_id)
            self.runs.pop(commit.run_id, None)
            return []
        self._keep(state)
        return told

    def _keep(self, state: RunState) -> None:
        run_id = state.run_id
        self.faulted.pop(run_id, None)
        if state.status in _OVER or not state.started_at_ms:
            self.runs.pop(run_id, None)
            return
        self.runs[run_id] = state
        if state.status == "faulted":
            self.faulted[run_id] = None
            if len(self.faulted) > FAULTED_MAX:
                oldest = next(iter(self.faulted))
                del self.faulted[oldest], self.runs[oldest]
