"""The fold of what makes a run another: a fork, results it takes over, another version of its definition."""

from __future__ import annotations

import json
from dataclasses import fields

from engine import events as e
from engine.errors import CorruptHistory
from engine.evolve_tree import task_at
from engine.moving import move
from engine.snapshot import load
from engine.state import RunState


def evolve_fork(state: RunState, event: e.RunForked | e.RunMigrated | e.ResultReused) -> None:
    """Fold one such event."""
    match event:
        case e.RunForked():
            _forked(state, event)
        case e.RunMigrated():
            state.version = event.version
            move(state, json.loads(event.moves), json.loads(event.reopened))
        case e.ResultReused():
            _reused(state, event)


def _forked(state: RunState, event: e.RunForked) -> None:
    if state.started_at_ms:
        raise CorruptHistory(f"run {state.run_id} was forked after it had begun")
    begun, seq = load(event.state), state.seq
    if not isinstance(begun, RunState):
        raise CorruptHistory(f"run {state.run_id} was forked from what is no run")
    for part in fields(RunState):
        setattr(state, part.name, getattr(begun, part.name))
    # An order that was refused may have been there before.
    state.seq = seq


def _reused(state: RunState, event: e.ResultReused) -> None:
    task = task_at(state, event.path)
    task.awaiting, task.output = None, event.output
    if event.origin == "given":
        task.exited = True
    elif rest := state.recorded.get(event.digest, [])[1:]:
        state.recorded[event.digest] = rest
    else:
        state.recorded.pop(event.digest, None)
