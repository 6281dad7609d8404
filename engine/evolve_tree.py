"""The tree of live scopes and tasks: finding, adding and removing nodes."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import CorruptHistory
from engine.paths import ROOT
from engine.state import RunState, Scope, Task


def task_at(state: RunState, path: str) -> Task:
    """Give the live task at `path`; raises `CorruptHistory` when there is none."""
    task = state.tasks.get(path)
    if task is None:
        raise CorruptHistory(f"run {state.run_id}, event {state.seq}: no live task at {path!r}")
    return task


def scope_at(state: RunState, path: str) -> Scope:
    """Give the live scope at `path`; raises `CorruptHistory` when there is none."""
    scope = state.scopes.get(path)
    if scope is None:
        raise CorruptHistory(f"run {state.run_id}, event {state.seq}: no live scope at {path!r}")
    return scope


def scope_path_of(path: str) -> str:
    """Give the path of the scope a task path lies in, which is two segments up, or one for a branch of a `fork`."""
    up = path.rpartition("/")[0]
    if up.rpartition("/")[0].endswith("/fork/branches"):
        return up
    return up.rpartition("/")[0]


def drop_task(state: RunState, task: Task) -> None:
    """Remove a task with everything below it."""
    drop_below(state, task)
    state.tasks.pop(task.path, None)
    for suffix in ("", "#timeout", "#lease", "#wallTime", "#attempt"):
        state.timers.pop(f"{task.path}{suffix}", None)
    if state.approvals:
        for approval in [each for each in state.approvals.values() if each.path == task.path]:
            state.drop_approval(approval)


def drop_below(state: RunState, task: Task) -> None:
    """Remove everything below a task, and the timer it waits for."""
    for path in list(task.children):
        drop_scope(state, path)
    task.children.clear()


def drop_scope(state: RunState, path: str) -> None:
    """Remove a scope with the task that is live in it."""
    scope = state.scopes.pop(path, None)
    if scope is not None and scope.active is not None and (task := state.tasks.get(scope.active)) is not None:
        drop_task(state, task)


def salvage(state: RunState, scope: Scope, path: str) -> None:
    """Keep the scopes and tasks above the task at `path` as they are, in case nobody catches its error."""
    state.wreck_path = path
    key = path[len(scope.path) + 1 :].partition("@")[0]
    passes = {**scope.passes, key: max(1, scope.passes.get(key, 0))}
    kept = replace(scope, active=None, passes=passes)
    while True:
        state.wreck_scopes[kept.path] = kept
        owner = task_at(state, kept.owner)
        children = {child: None for child in owner.children if child == kept.path}
        state.wreck_tasks[owner.path] = _kept(owner, children)
        if owner.path == ROOT:
            return
        above = scope_at(state, owner.parent)
        kept = replace(above, passes=dict(above.passes))


def _kept(task: Task, children: dict[str, None]) -> Task:
    """Give a task as it is now: what it does from here on does not change it."""
    return replace(
        task,
        children=children,
        results=dict(task.results),
        answers=dict(task.answers),
        asked=dict(task.asked),
        inbox=list(task.inbox),
        taken=list(task.taken),
        matched=dict(task.matched),
    )


def reopen(state: RunState) -> None:
    """Put what `salvage` kept in the place of what is live."""
    state.scopes, state.wreck_scopes = state.wreck_scopes, {}
    state.tasks, state.wreck_tasks = state.wreck_tasks, {}
    state.wreck_path = None
