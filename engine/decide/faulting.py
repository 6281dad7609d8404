"""What happens when a task ends by an error, or has to wait for an evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine import events as e
from engine.decide.faults import Fault, Parked, ParkedCheck, complete, text
from engine.decide.transition import Transition
from engine.evolve_agents import AGENT
from engine.evolve_tree import scope_path_of
from engine.paths import ROOT, pointer
from engine.state import Task
from engine.toolset import offered


def guarded(transition: Transition, path: str, work: Callable[[], None]) -> None:
    """Do `work` on the task at `path`: a fault ends the task, a parked step asks for its evaluation."""
    try:
        work()
    except ParkedCheck as parked:
        transition.emit(e.ValidationRequested(path=path, slot=parked.slot, schema=parked.source, data=parked.data))
    except Parked as parked:
        transition.emit(e.EvaluationRequested(path=path, slot=parked.slot, source=parked.source, data=parked.data))
    except Fault as fault:
        end_by_error(transition, path, fault.error)


def end_by_error(transition: Transition, path: str, error: dict[str, Any]) -> None:
    """End the task at `path` by `error`; its owner deals with it next."""
    if path == ROOT:
        full = complete(error, pointer(path))
        transition.cancel_below(ROOT, "the run faulted")
        transition.emit(e.RunFaulted(error=text(full), path=transition.state.wreck_path or ROOT))
        return
    transition.cancel_below(path, "it ended by an error")
    report_error(transition, path, error)


def report_error(transition: Transition, path: str, error: dict[str, Any]) -> None:
    """End the task at `path`, which waits for nothing any more, by `error`."""
    scope_path = scope_path_of(path)
    owner = transition.state.tasks[transition.state.scopes[scope_path].owner]
    # A place inside an agent is none of the document's.
    full = text(complete(error, pointer(owner.path if owner.kind == AGENT else path)))
    if owner.kind == AGENT and is_told(owner, scope_path):
        transition.emit(e.ToolFailed(path=path, error=full))
    else:
        transition.emit(e.TaskFaulted(path=path, error=full))
    transition.then(owner.path)


def is_told(agent: Task, scope_path: str) -> bool:
    """Tell whether the agent's model is told of an error in the scope, which is then no fault."""
    number = scope_path.rpartition("/tools@")[2]
    if not number.isdecimal():
        return False
    called = json.loads(agent.results[int(number)])["name"]
    tools = offered(json.loads(agent.arguments or "{}"), agent.inbox)
    return next((tool.on_error for tool in tools if tool.name == called), "tell") == "tell"
