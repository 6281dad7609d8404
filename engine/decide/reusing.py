"""Taking results that are there already, instead of having the work done: what a fork was given, or recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import events as e
from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit
from engine.plain import plain
from engine.recorded import heard_key
from engine.state import Task

#: A recorded result: the digest of what went in, output, details of the execution.
Found = tuple[str, str | None, str | None]


def is_given(visit: Visit) -> bool:
    """Tell whether an output was given for the task: it has to be live to take it."""
    given = visit.transition.state.given
    return bool(given) and plain(visit.path) in given


def take_given(visit: Visit, task: Task) -> None:
    """End a task that just began with the output that was given for it, if one was."""
    state = visit.transition.state
    if not state.given or task.exited or task.cursor or task.extended or task.output is not None:
        return
    output = state.given.get(plain(task.path))
    if output is not None and task.awaiting is None:
        visit.transition.emit(e.ResultReused(path=task.path, attempt=task.attempt, output=output, origin="given"))


def recorded_for(visit: Visit, digest_of: Callable[[], str]) -> Found | None:
    """Give the result recorded for what goes into the task, if there is one and results are taken at all.

    `digest_of` gives the digest of what goes in; a live run has no use for it, so it is not asked for there. Raises
    `Fault` when there is none and nothing may be done outside.
    """
    state = visit.transition.state
    if state.mode == "live":
        return None
    digest = digest_of()
    if found := state.recorded.get(digest):
        output, details = found[0]
        return digest, output, details
    if state.mode == "stub":
        raise Fault(_asks(visit))
    return None


def reuse(visit: Visit, task: Task, found: Found | None) -> str | None:
    """Take a result that was found, and give its output; `None` when the work has to be done."""
    if found is None:
        return None
    digest, output, details = found
    visit.transition.emit(
        e.ResultReused(
            path=task.path,
            attempt=task.attempt,
            output=output or "null",
            origin="recorded",
            digest=digest,
            details=details,
        )
    )
    return task.output


def heard(visit: Visit, task: Task) -> tuple[int, str]:
    """Give what a `listen` of a run that does nothing outside takes next: filter and event, as its like once did.

    Raises `Fault` when there is nothing more.
    """
    events = visit.transition.state.recorded.get(heard_key(task.path), [])
    number = sum(task.matched.values())
    if number >= len(events):
        raise Fault(_asks(visit))
    event, index = events[number]
    return int(index or 0), event or "null"


def _asks(visit: Visit) -> dict[str, Any]:
    return standard_error(
        "runtime",
        f"mode stub: nothing is recorded for what goes into {visit.step.pointer} now, and no output was given;"
        f" fork again with an output for {visit.step.pointer}, or with mode reuse to let it run",
    )
