"""A bundle, stepped through forwards and backwards: the state after each event, folded as everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from api.events_json import events_of
from engine.difference import Change, changes, readable
from engine.replay import fold, new_state
from engine.snapshot import State, copy_state, state_hash
from schemas.bundle import Bundle

#: Events between two states that are kept, so that a step back is a short fold.
KEPT_EVERY = 100


@dataclass(slots=True)
class Steps:
    """The states of a bundle's run."""

    bundle: Bundle
    _kept: dict[int, State] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """Number of the last event."""
        return self.bundle.header.seq

    def state(self, seq: int) -> State:
        """Give the state after the event `seq`; 0 for before the first."""
        start = max((number for number in self._kept if number <= seq), default=0)
        state = copy_state(self._kept[start]) if start else new_state(self.bundle.header.run_id)
        for number, event, at_ms in self._events(start, seq):
            fold(state, event, at_ms)
            if number % KEPT_EVERY == 0:
                self._kept[number] = copy_state(state)
        return state

    def event(self, seq: int) -> dict[str, Any]:
        """Give the event with this number as JSON data."""
        for entry in self.bundle.commits:
            if entry.commit.seq <= seq < entry.commit.seq + len(entry.commit.events):
                return dict(events_of(entry.commit))[seq]
        raise KeyError(seq)

    def changes(self, seq: int) -> list[Change]:
        """Give what the event changed."""
        return list(changes(readable(self.state(seq - 1)), readable(self.state(seq))))

    def is_as_made(self) -> bool:
        """Tell whether the fold gives the very state that the bundle was made with."""
        return state_hash(self.state(self.last)) == self.bundle.header.state_hash

    def _events(self, above: int, until: int) -> Iterator[tuple[int, Any, int]]:
        for entry in self.bundle.commits:
            for number, event in enumerate(entry.commit.events, start=entry.commit.seq):
                if above < number <= until:
                    yield number, event, entry.commit.at_ms
