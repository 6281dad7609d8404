"""The fold of task and scope events."""

from __future__ import annotations

from engine import events as e
from engine.errors import CorruptHistory
from engine.evolve_agents import AGENT, ended
from engine.evolve_tree import drop_below, drop_scope, drop_task, salvage, scope_at, scope_path_of, task_at
from engine.paths import ROOT
from engine.state import RunState, Scope, Task


def _name_of(scope: Scope, path: str) -> str:
    """Give the key of a task in its list: the path below the scope, without the mark of repetition."""
    key = path[len(scope.path) + 1 :]
    return key.partition("@")[0] if "@" in key else key


def _leave(scope: Scope, path: str, then: str) -> None:
    scope.active, scope.last, scope.then = None, _name_of(scope, path), then


def _enter(scope: Scope, path: str) -> None:
    key = _name_of(scope, path)
    scope.passes[key] = scope.passes.get(key, 0) + 1


def _new_task(state: RunState, scope: Scope, event: e.TaskStarted, at_ms: int) -> Task:
    if scope.active is not None:
        raise CorruptHistory(f"run {state.run_id}: {event.path} began while {scope.active} was live")
    task = Task(
        path=event.path,
        parent=scope.path,
        kind=event.kind,
        raw_input=scope.data,
        input=scope.data,
        started_at_ms=at_ms,
    )
    state.tasks[event.path] = task
    scope.active = event.path
    _enter(scope, event.path)
    return task


def started(state: RunState, event: e.TaskStarted, at_ms: int) -> None:
    """A task is live; one that was `entering` takes its kind."""
    task = state.tasks.get(event.path)
    if task is None:
        task = _new_task(state, scope_at(state, scope_path_of(event.path)), event, at_ms)
    elif task.kind != "entering":
        raise CorruptHistory(f"run {state.run_id}: {event.path} began twice")
    task.kind = event.kind
    if event.input is not None:
        task.input = event.input


def completed(state: RunState, event: e.TaskCompleted) -> None:
    """A task ended: its output flows on in its scope."""
    scope = scope_at(state, scope_path_of(event.path))
    task = state.tasks.get(event.path)
    if event.output is not None:
        output = event.output
    elif task is not None and task.output is not None:
        output = task.output
    else:
        output = event.input or (task.input if task is not None else scope.data)
    if task is None:
        _enter(scope, event.path)
    else:
        drop_task(state, task)
    scope.data = output
    if event.context is not None:
        state.context = event.context
    _leave(scope, event.path, event.then)


def skipped(state: RunState, event: e.TaskSkipped) -> None:
    """A task was passed over."""
    scope = scope_at(state, scope_path_of(event.path))
    task = state.tasks.get(event.path)
    if task is None:
        _enter(scope, event.path)
    else:
        drop_task(state, task)
    _leave(scope, event.path, "continue")


def faulted(state: RunState, event: e.TaskFaulted) -> None:
    """A task ended by an error, and with it its scope: the owner has to deal with it."""
    scope = scope_at(state, scope_path_of(event.path))
    owner = task_at(state, scope.owner)
    if not state.wreck_scopes:
        salvage(state, scope, event.path)
    if (task := state.tasks.get(event.path)) is not None:
        drop_task(state, task)
    drop_scope(state, scope.path)
    owner.children.pop(scope.path, None)
    owner.error, owner.failed_scope = event.error, scope.path


def cancelled(state: RunState, event: e.TaskCancelled) -> None:
    """A task was stopped. Its scope stays where it was."""
    task = task_at(state, event.path)
    drop_task(state, task)
    scope = state.scopes.get(task.parent)
    if scope is not None and scope.active == event.path:
        scope.active = None


def scope_started(state: RunState, event: e.ScopeStarted) -> None:
    """A list of tasks is live below its owner."""
    owner = task_at(state, event.owner)
    if event.path in state.scopes:
        raise CorruptHistory(f"run {state.run_id}: scope {event.path} began twice")
    data = owner.input if event.data is None else event.data
    state.scopes[event.path] = Scope(path=event.path, owner=event.owner, data=data, variables=event.variables)
    owner.children[event.path] = None
    owner.answers.clear()
    if "/extensions/" in event.path[len(owner.path) :]:
        owner.extended += 1
    elif owner.kind == "for":
        # Not simply one more: an iteration that a fault cancelled begins once more when the run is taken up again.
        owner.cursor = max(owner.cursor, ordinal(event.path))
    elif owner.kind != AGENT:
        owner.cursor += 1


def scope_completed(state: RunState, event: e.ScopeCompleted) -> None:
    """A list of tasks came to its end: its data is a result of its owner."""
    scope = scope_at(state, event.path)
    owner = task_at(state, scope.owner)
    del state.scopes[event.path]
    owner.children.pop(event.path, None)
    if event.then == "end":
        _end(state, scope)
    elif "/extensions/" in event.path[len(owner.path) :]:
        if event.then == "exit":
            owner.exited, owner.output = True, scope.data
    elif owner.kind == AGENT:
        ended(owner, scope)
    elif event.path.endswith("/finally"):
        owner.last_scope = event.path
    else:
        owner.last_scope, owner.output = event.path, scope.data
        if owner.kind in ("fork", "listen") or owner.concurrency > 1:
            owner.results[ordinal(event.path)] = scope.data


def _end(state: RunState, scope: Scope) -> None:
    """The workflow ends here, with the data of this scope."""
    root = task_at(state, ROOT)
    drop_below(state, root)
    root.output, root.last_scope = scope.data, scope.path


def ordinal(scope_path: str) -> int:
    """Give the number a scope has among its owner's: the branch's index plus 1, else the pass."""
    last = scope_path.rpartition("/")[2]
    if last.isdecimal():
        return int(last) + 1
    return int(last.partition("@")[2] or 1)


def looped(state: RunState, event: e.LoopStarted) -> None:
    """A loop knows what it goes through."""
    task = task_at(state, event.path)
    task.items, task.concurrency = event.items, event.concurrency


def caught(state: RunState, event: e.ErrorCaught) -> None:
    """An error ended the body of a `try`, which lives on."""
    task = task_at(state, event.path)
    drop_below(state, task)
    task.caught, task.error, task.failed_scope, task.output = event.error, None, None, None
    state.wreck_path = None
    state.wreck_scopes.clear()
    state.wreck_tasks.clear()


def exhausted(state: RunState, event: e.RetriesExhausted) -> None:
    """The error a `try` caught is nobody's again."""
    task = task_at(state, event.path)
    task.error, task.failed_scope, task.caught = task.caught, f"{task.path}/catch", None


def retried(state: RunState, event: e.TaskRetried) -> None:
    """A `try` will run its body once more."""
    task = task_at(state, event.path)
    task.attempt, task.caught = event.attempt, None
