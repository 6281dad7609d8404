"""The one fold from the log to state, used by every stage, the time machine, the API and the tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from engine.errors import CorruptHistory
from engine.events import Commit, Event
from engine.evolve import evolve
from engine.evolve_gates import evolve_gate, evolve_schedule
from engine.gates import GATE_PREFIX, SCHEDULE_PREFIX, GateState, ScheduleState
from engine.snapshot import State
from engine.state import RunState


def new_state(run_id: str) -> State:
    """Give the state of a run, gate or schedule nothing is known of yet."""
    if run_id.startswith(GATE_PREFIX):
        return GateState(run_id=run_id)
    if run_id.startswith(SCHEDULE_PREFIX):
        return ScheduleState(run_id=run_id)
    return RunState(run_id=run_id)


def fold(state: State, event: Event, at_ms: int) -> None:
    """Fold one event into the state of a run, gate or schedule, in place."""
    match state:
        case RunState():
            evolve(state, event, at_ms)
        case GateState():
            evolve_gate(state, event, at_ms)
        case ScheduleState():
            evolve_schedule(state, event, at_ms)
        case _:
            assert_never(state)


def apply(state: State, commit: Commit) -> None:
    """Fold an accepted commit into `state`, in place. Raises `CorruptHistory` when it cannot follow."""
    if commit.seq != state.seq + 1:
        raise CorruptHistory(f"run {commit.run_id}: expected event {state.seq + 1}, found {commit.seq}")
    for event in commit.events:
        fold(state, event, commit.at_ms)


def replay(run_id: str, commits: Iterable[Commit]) -> State:
    """Give the state after all of a run's commits, in order."""
    state = new_state(run_id)
    for commit in commits:
        apply(state, commit)
    return state
