"""Extensions: lists of tasks before and after the tasks they extend."""

from __future__ import annotations

from engine import events as e
from engine.decide.visit import Visit
from engine.state import Task


def before_extension(visit: Visit, task: Task) -> bool:
    """Run the next list of `before`; tell whether the task has to wait for it."""
    if task.exited:
        return False
    return _run(visit, task, (visit.step.before, task.extended, "before"), visit.input)


def after_extension(visit: Visit, task: Task, output: str | None) -> bool:
    """Run the next list of `after`; tell whether the task has to wait for it."""
    done = task.extended - len(visit.step.before)
    return _run(visit, task, (visit.step.after, done, "after"), output if output is not None else visit.input)


def _run(visit: Visit, task: Task, lists: tuple[tuple[tuple[str | None, str], ...], int, str], data: str) -> bool:
    places, done, moment = lists
    for index in range(max(done, 0), len(places)):
        when, at = places[index]
        if any("/extensions/" in child for child in task.children):
            return True
        if when is None or visit.holds(f"{moment}.{index}.when", when, data):
            path = task.path + at[at.rindex("/extensions/") :]
            visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, data=data))
            visit.transition.then(path)
            return True
        visit.transition.emit(e.ExtensionPassed(path=task.path))
    return any("/extensions/" in child for child in task.children)
