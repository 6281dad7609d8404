"""`for`: one iteration after the other, or (our extension) several at once with results in order."""

from __future__ import annotations

from itertools import chain

from engine import events as e
from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit, items_of, joined, outer_variables, with_variables
from engine.definition.model import ForBody
from engine.paths import nth
from engine.state import Task


def proceed_for(visit: Visit, task: Task, body: ForBody) -> tuple[str | None, str | None] | None:
    """Begin the next iteration, or end."""
    if task.items is None:
        _begin(visit, task, body)
    items = items_of(task.items or "[]")
    if body.concurrency > 1:
        return _several(visit, task, body, items)
    if task.children:
        return None
    data = task.output if task.output is not None else visit.input
    index = task.cursor
    if index >= len(items) or not _goes_on(visit, body, index, items[index], data):
        return data, None
    _iterate(visit, task, body, index, data)
    return None


def _begin(visit: Visit, task: Task, body: ForBody) -> None:
    """Evaluate the collection and check it against the limits."""
    text = visit.evaluate("for.in", body.items, visit.input)
    if not text.startswith("["):
        raise Fault(standard_error("validation", f"for.in must give an array, found {text[:80]}"))
    count = len(items_of(text))
    limit = body.iterations_max or visit.transition.limits.iterations_max
    if count > limit:
        raise Fault(standard_error("validation", f"for.in gives {count} items, the limit is {limit}"))
    visit.transition.emit(e.LoopStarted(path=task.path, items=text, concurrency=body.concurrency))


def _goes_on(visit: Visit, body: ForBody, index: int, item: str, data: str) -> bool:
    if body.condition is None:
        return True
    own = {body.each: item, body.at: str(index)}
    return visit.holds(f"while.{index}", body.condition, data, own)


def _iterate(visit: Visit, task: Task, body: ForBody, index: int, data: str) -> None:
    own = {body.each: items_of(task.items or "[]")[index], body.at: str(index)}
    path = nth(f"{task.path}/do", index + 1)
    visit.transition.emit(
        e.ScopeStarted(
            path=path,
            owner=task.path,
            data=None if data is visit.input else data,
            variables=with_variables(outer_variables(visit), own),
        )
    )
    visit.transition.then(path)


def _several(visit: Visit, task: Task, body: ForBody, items: tuple[str, ...]) -> tuple[str | None, str | None] | None:
    """Keep up to `concurrency` iterations live, each from the loop's own input."""
    if len(task.results) == len(items):
        return joined([task.results[number] for number in sorted(task.results)]), None
    for index in chain(_lost(task), range(task.cursor, len(items))):
        if len(task.children) >= body.concurrency or (task.children and visit.transition.is_crowded):
            return None
        if visit.transition.is_bounded:
            visit.transition.then(task.path)
            return None
        _iterate(visit, task, body, index, visit.input)
    return None


def _lost(task: Task) -> list[int]:
    """Give the iterations that were begun, have no result and are not live: a fault, taken up again, left them."""
    if task.cursor <= len(task.results) + len(task.children):
        return []
    begun = (nth(f"{task.path}/do", index + 1) for index in range(task.cursor))
    return [index for index, path in enumerate(begun) if path not in task.children and index + 1 not in task.results]
