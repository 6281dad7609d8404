"""A run whose tasks are elsewhere in the definition now: the same state under the new paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.approvals import Approval, Notice
from engine.evolve_tree import task_at
from engine.plain import plain
from engine.state import RunState, Scope, Task, Timer


def moved(path: str, moves: Mapping[str, str]) -> str:
    """Give an instance path under its new place. Marks of repetition stay on the segments they are on."""
    old = plain(path)
    new = moves.get(old)
    if new is None:
        return path
    marks = (segment[len(segment.partition("@")[0]) :] for segment in path.split("/"))
    return "/".join(segment + mark for segment, mark in zip(new.split("/"), marks, strict=True))


def move(state: RunState, moves: Mapping[str, str], reopened: Iterable[str]) -> None:
    """Move everything that has a path, in place. The `listen` tasks at `reopened`, as they were, begin to wait anew."""
    for path in reopened:
        task = task_at(state, path)
        task.filters = task.awaiting = None
    if not moves:
        return
    _remember(state, moves)
    state.tasks = {task.path: task for task in (_task(task, moves) for task in state.tasks.values())}
    state.scopes = {scope.path: scope for scope in (_scope(scope, moves) for scope in state.scopes.values())}
    state.wreck_tasks = {task.path: task for task in (_task(task, moves) for task in state.wreck_tasks.values())}
    state.wreck_scopes = {scope.path: scope for scope in (_scope(each, moves) for each in state.wreck_scopes.values())}
    state.timers = {timer.timer_id: timer for timer in (_timer(timer, moves) for timer in state.timers.values())}
    state.approvals = {each.approval_id: each for each in (_approval(each, moves) for each in state.approvals.values())}
    state.notices = {each.notice_id: each for each in (_notice(each, moves) for each in state.notices.values())}
    if state.wreck_path is not None:
        state.wreck_path = moved(state.wreck_path, moves)
    if state.error_path is not None:
        state.error_path = moved(state.error_path, moves)


def _remember(state: RunState, moves: Mapping[str, str]) -> None:
    """Keep under which path the outside knows what it works for."""
    aliases = {old: moved(now, moves) for old, now in state.aliases.items()}
    for task in state.tasks.values():
        if (task.awaiting is not None or task.asked) and moved(task.path, moves) != task.path:
            aliases[task.path] = moved(task.path, moves)
    state.aliases = {old: now for old, now in aliases.items() if old != now}


def _task(task: Task, moves: Mapping[str, str]) -> Task:
    return replace(
        task,
        path=moved(task.path, moves),
        parent=moved(task.parent, moves),
        children={moved(child, moves): None for child in task.children},
        failed_scope=None if task.failed_scope is None else moved(task.failed_scope, moves),
        last_scope=None if task.last_scope is None else moved(task.last_scope, moves),
    )


def _scope(scope: Scope, moves: Mapping[str, str]) -> Scope:
    at = plain(scope.path)
    new_at = moves.get(at, at)
    segments = {old: moves.get(f"{at}/{old}", f"{new_at}/{old}")[len(new_at) + 1 :] for old in _segments(scope)}
    return replace(
        scope,
        path=moved(scope.path, moves),
        owner=moved(scope.owner, moves),
        active=None if scope.active is None else moved(scope.active, moves),
        last=None if scope.last is None else segments[scope.last],
        passes={segments[old]: passes for old, passes in scope.passes.items()},
    )


def _segments(scope: Scope) -> list[str]:
    return [*scope.passes, *([] if scope.last is None else [scope.last])]


def _approval(approval: Approval, moves: Mapping[str, str]) -> Approval:
    path = moved(approval.path, moves)
    return replace(approval, path=path, approval_id=path + approval.approval_id[len(approval.path) :])


def _notice(notice: Notice, moves: Mapping[str, str]) -> Notice:
    path, old = moved(notice.path, moves), len(notice.path)
    return replace(
        notice, path=path, approval_id=path + notice.approval_id[old:], notice_id=path + notice.notice_id[old:]
    )


def _timer(timer: Timer, moves: Mapping[str, str]) -> Timer:
    path = moved(timer.path, moves)
    return replace(timer, timer_id=path + timer.timer_id[len(timer.path) :], path=path)
