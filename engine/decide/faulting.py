"""What happens when a task ends by an error, or has to wait for an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import events as e
from engine.decide.faults import Fault, Parked, complete, text
from engine.decide.transition import Transition
from engine.evolve_tree import scope_path_of
from engine.paths import ROOT, pointer


def guarded(transition: Transition, path: str, work: Callable[[], None]) -> None:
    """Do `work` on the task at `path`: a fault ends the task, a parked step asks for its evaluation."""
    try:
        work()
    except Parked as parked:
        transition.emit(e.EvaluationRequested(path=path, slot=parked.slot, source=parked.source, data=parked.data))
    except Fault as fault:
        end_by_error(transition, path, fault.error)


def end_by_error(transition: Transition, path: str, error: dict[str, Any]) -> None:
    """End the task at `path` by `error`; its owner deals with it next."""
    full = complete(error, pointer(path))
    if path == ROOT:
        transition.cancel_below(ROOT, "the run faulted")
        transition.emit(e.RunFaulted(error=text(full), path=transition.state.wreck_path or ROOT))
        return
    transition.cancel_below(path, "it ended by an error")
    report_error(transition, path, full)


def report_error(transition: Transition, path: str, error: dict[str, Any]) -> None:
    """End the task at `path`, which waits for nothing any more, by `error`."""
    owner = transition.state.scopes[scope_path_of(path)].owner
    transition.emit(e.TaskFaulted(path=path, error=text(complete(error, pointer(path)))))
    transition.then(owner)
