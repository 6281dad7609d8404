"""`try`: catch, retry, handle, and (our extension) finally."""

from __future__ import annotations

import json

from engine import events as e
from engine.decide.delays import milliseconds, retry_delay_ms
from engine.decide.faulting import end_by_error
from engine.decide.faults import Fault, matches, standard_error
from engine.decide.transition import Transition
from engine.decide.visit import Visit, outer_variables, with_variables
from engine.definition.model import RetryPolicy, TryBody
from engine.paths import nth
from engine.state import Task

#: Purpose of the timer that limits one attempt.
ATTEMPT = "attempt"


def end_attempt(transition: Transition, task: Task) -> None:
    """End the attempt under way, which took too long, by an error that its own `try` may catch and retry."""
    path = next((child for child in task.children if _part(task, child) == "try"), None)
    scope = transition.state.scopes.get(path) if path is not None else None
    if scope is not None and scope.active is not None:
        detail = "the attempt took longer than the policy lets one take"
        end_by_error(transition, scope.active, standard_error("timeout", detail))


def _part(task: Task, scope_path: str) -> str:
    """Give which list of a `try` a scope is: `try`, `catch/do`, `finally`."""
    return scope_path[len(task.path) + 1 :].partition("@")[0]


def proceed_try(visit: Visit, task: Task, body: TryBody) -> tuple[str | None, str | None] | None:
    """Begin the body, deal with its error, or end."""
    if task.children:
        return None
    if task.error is not None:
        return _deal(visit, task, body)
    if task.caught is not None:
        return _handle(visit, task, body)
    if task.last_scope is None and task.cursor < task.attempt:
        _attempt(visit, task, body)
        return None
    return _end(visit, task, body, task.output)


def _attempt(visit: Visit, task: Task, body: TryBody) -> None:
    """Begin the body once more, under its own time limit where the policy has one."""
    if body.retry is not None and body.retry.attempt_duration is not None:
        slot = nth("retry.attempt.duration", task.attempt)
        visit.transition.set_timer(task.path, ATTEMPT, milliseconds(visit, slot, body.retry.attempt_duration))
    path = nth(f"{task.path}/try", task.attempt)
    visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, variables=outer_variables(visit)))
    visit.transition.then(path)


def _deal(visit: Visit, task: Task, body: TryBody) -> tuple[str | None, str | None] | None:
    """Catch the error of the body; an error of the handler, or one not caught, goes on after `finally`."""
    error, failed_scope = task.error or "{}", task.failed_scope or ""
    failed = _part(task, failed_scope)
    if failed == "try" and _catches(visit, task, body):
        visit.transition.emit(e.ErrorCaught(path=task.path, error=error))
        return _handle(visit, task, body)
    if body.finalises and failed != "finally" and not _finalised(task):
        _finally(visit, task, task.input)
        return None
    raise Fault(json.loads(error))


def _catches(visit: Visit, task: Task, body: TryBody) -> bool:
    error = task.error or "{}"
    if not body.catches or not matches(json.loads(error), body.filters):
        return False
    own = {body.name: error}
    return _applies(visit, task, (body.when, body.except_when), ("catch.when", "catch.exceptWhen"), own)


def _applies(
    visit: Visit, task: Task, conditions: tuple[str | None, str | None], slots: tuple[str, str], own: dict[str, str]
) -> bool:
    """Tell whether `when` holds and `exceptWhen` does not, where they are there.

    They are asked again with each attempt and so have its number: the answer to an older question may come twice, late.
    """
    when, except_when = conditions
    when_slot, except_slot = (nth(slot, task.attempt) for slot in slots)
    if when is not None and not visit.holds(when_slot, when, visit.input, own):
        return False
    return except_when is None or not visit.holds(except_slot, except_when, visit.input, own)


def _handle(visit: Visit, task: Task, body: TryBody) -> tuple[str | None, str | None] | None:
    """Retry while the policy allows, else run the handler, else go on."""
    if task.last_scope is not None and task.last_scope.endswith(("/catch/do", "/finally")):
        return _end(visit, task, body, task.output)
    if body.retry is not None and _may_retry(visit, task, body, body.retry):
        return None
    if body.handles:
        variables = with_variables(outer_variables(visit), {body.name: task.caught or "{}"})
        path = f"{task.path}/catch/do"
        visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, variables=variables))
        visit.transition.then(path)
        return None
    if body.retry is not None:
        visit.transition.emit(e.RetriesExhausted(path=task.path, attempts=task.attempt))
        return _deal(visit, task, body)
    return _end(visit, task, body, None)


def _may_retry(visit: Visit, task: Task, body: TryBody, policy: RetryPolicy) -> bool:
    """Set the next attempt going if the policy allows one."""
    limits = visit.transition.limits
    if task.attempt > (policy.attempts_max or limits.attempts_max):
        return False
    own = {body.name: task.caught or "{}"}
    if not _applies(visit, task, (policy.when, policy.except_when), ("retry.when", "retry.exceptWhen"), own):
        return False
    delay_ms = retry_delay_ms(visit, policy, task.attempt + 1)
    if policy.duration is not None:
        elapsed_ms = visit.transition.at_ms - task.started_at_ms
        if elapsed_ms + delay_ms > milliseconds(visit, nth("retry.duration", task.attempt), policy.duration):
            return False
    _retry(visit, task, task.attempt + 1, 0 if visit.transition.state.mode == "stub" else delay_ms)
    return True


def _retry(visit: Visit, task: Task, attempt: int, delay_ms: int) -> None:
    visit.transition.emit(e.TaskRetried(path=task.path, attempt=attempt, delay_ms=delay_ms, error=task.caught or "{}"))
    if delay_ms > 0:
        visit.transition.set_timer(task.path, "retry", delay_ms)
    else:
        visit.transition.then(task.path)


def _finalised(task: Task) -> bool:
    return task.last_scope is not None and task.last_scope.endswith("/finally")


def _finally(visit: Visit, task: Task, data: str) -> None:
    path = f"{task.path}/finally"
    visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, data=data, variables=outer_variables(visit)))
    visit.transition.then(path)


def _end(visit: Visit, task: Task, body: TryBody, output: str | None) -> tuple[str | None, str | None] | None:
    """Run `finally` if there is one and it did not run yet, then end."""
    if body.finalises and not _finalised(task):
        _finally(visit, task, output if output is not None else visit.input)
        return None
    return output, None
