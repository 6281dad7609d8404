"""`fork`: branches side by side, all of them or the first."""

from __future__ import annotations

from engine import events as e
from engine.decide.visit import Visit, joined, outer_variables
from engine.definition.model import ForkBody
from engine.state import Task


def proceed_fork(visit: Visit, task: Task, body: ForkBody) -> tuple[str | None, str | None] | None:
    """Start branches up to the limit; end with the winner, or with every output in declared order."""
    if body.compete and task.results:
        visit.transition.cancel_below(task.path, "another branch won")
        return task.results[min(task.results)], None
    if len(task.results) == body.branch_count:
        return joined([task.results[number] for number in sorted(task.results)]), None
    for index in range(body.branch_count):
        if body.limit and len(task.children) >= body.limit:
            return None
        if task.children and visit.transition.is_crowded:
            return None
        if visit.transition.is_bounded:
            visit.transition.then(task.path)
            return None
        path = f"{task.path}/fork/branches/{index}"
        if path not in task.children and index + 1 not in task.results:
            visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, variables=outer_variables(visit)))
            visit.transition.then(path)
    return None
