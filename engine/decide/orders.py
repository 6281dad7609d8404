"""One function per command to a run: guards first, then the happy path. A failed guard raises `CommandRejected`."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine import events as e
from engine.decide import notices
from engine.decide.admitting import admit_run, refuse_run
from engine.decide.approval_acts import act_on_approval
from engine.decide.faulting import end_by_error, report_error
from engine.decide.faults import Parked, canonical_type, standard_error
from engine.decide.intake import TOO_DEEP, is_too_deep, whole
from engine.decide.listening import take
from engine.decide.migrating import migrate_run
from engine.decide.model_calls import MODEL, try_again
from engine.decide.redirecting import redirected
from engine.decide.tasks import path_of, visit_of
from engine.decide.tasksize import excess_bytes
from engine.decide.timing import fire, fire_timer
from engine.decide.transition import Transition, idle_paths
from engine.definition.model import ListenBody
from engine.errors import CommandRejected
from engine.evolve_tree import scope_path_of
from engine.paths import ROOT, pointer
from engine.state import FINAL, Task

#: How much larger than one payload the events are that a `listen` may hold.
INBOX_FACTOR = 8


def obey(transition: Transition, order: c.Order) -> None:
    """Carry out an order to a run that exists."""
    order = redirected(transition.state, order)
    match order:
        case c.CompleteTask():
            complete_task(transition, order)
        case c.FireTimer():
            _live(transition)
            fire_timer(transition, order)
        case c.FailTask():
            fail_task(transition, order)
        case c.ContinueRun():
            continue_run(transition)
        case c.HeartbeatTask():
            heartbeat_task(transition, order)
        case c.DeliverEvent():
            deliver_event(transition, order)
        case c.ActOnApproval():
            act_on_approval(transition, order)
        case _:
            _control(transition, order)


def _control(transition: Transition, order: c.Order) -> None:
    """Carry out an order about the run as a whole."""
    match order:
        case c.CancelRun():
            cancel_run(transition, order)
        case c.SuspendRun():
            suspend_run(transition, order)
        case c.ResumeRun():
            resume_run(transition)
        case c.RetryTask():
            retry_task(transition, order)
        case c.SkipTask():
            skip_task(transition, order)
        case c.AdmitRun():
            admit_run(transition)
        case c.RefuseRun():
            refuse_run(transition, order)
        case c.MigrateRun():
            migrate_run(transition, order)
        case c.StartRun() | c.ForkRun():
            raise CommandRejected("the run exists already")
        case _:
            raise CommandRejected(f"{type(order).__name__} is no order to a run")


def _live(transition: Transition) -> None:
    status = transition.state.status
    if status in FINAL:
        raise CommandRejected(f"the run is {status}")


def _open(transition: Transition, path: str, attempt: int) -> Task:
    """Give the task that waits for this result."""
    _live(transition)
    task = transition.state.tasks.get(path)
    if task is None or task.awaiting not in ("worker", "child") or task.attempt != attempt:
        raise CommandRejected(f"no task at {path} is open for attempt {attempt}")
    return task


def _evaluated(transition: Transition, path: str) -> tuple[str, str] | None:
    """Give task path and slot when the result belongs to an evaluation, whose path is `TASK#SLOT`."""
    at, _, slot = path.rpartition("#")
    task = transition.state.tasks.get(at)
    return (at, slot) if task is not None and slot in task.asked else None


def complete_task(transition: Transition, order: c.CompleteTask) -> None:
    """A worker, evaluator or child run has the result."""
    _live(transition)
    if evaluated := _evaluated(transition, order.path):
        path, slot = evaluated
        transition.emit(e.EvaluationCompleted(path=path, slot=slot, value=order.output))
        transition.then(path)
        return
    if (notice := notices.notice_of(transition, order.path, order.attempt)) is not None:
        notices.delivered(transition, notice, order)
        return
    task = _open(transition, order.path, order.attempt)
    if (size := excess_bytes(order.output, transition.limits.payload_bytes_max)) is not None:
        detail = f"the output has {size} bytes, the limit is {transition.limits.payload_bytes_max}"
        report_error(transition, task.path, standard_error("runtime", detail))
        return
    if is_too_deep(order.output):
        report_error(transition, task.path, standard_error("runtime", f"the output is not taken: {TOO_DEEP}"))
        return
    details = None if order.details == "null" else order.details
    transition.emit(e.TaskReported(path=order.path, attempt=order.attempt, output=whole(order.output), details=details))
    transition.then(order.path)


def fail_task(transition: Transition, order: c.FailTask) -> None:
    """A worker, evaluator or child run could not do it."""
    _live(transition)
    error = _reported(order.error)
    if evaluated := _evaluated(transition, order.path):
        path, slot = evaluated
        reason = str(error.get("detail") or error.get("title"))
        transition.emit(e.EvaluationCompleted(path=path, slot=slot, error=reason))
        transition.then(path)
        return
    if (notice := notices.notice_of(transition, order.path, order.attempt)) is not None:
        notices.failed(transition, notice, error, order)
        return
    task = _open(transition, order.path, order.attempt)
    if not isinstance(error.get("type"), str):
        error = {**standard_error("runtime", "the task failed"), **error}
    # What a worker says of a place is the worker's own business: the instance is the task.
    own = {key: value for key, value in error.items() if key != "instance" or task.awaiting == "child"}
    own["type"] = canonical_type(own["type"])
    if order.retryable and task.kind == MODEL and try_again(transition, task, own):
        return
    report_error(transition, task.path, own)


def _reported(text: str) -> dict[str, Any]:
    """Give the error that somebody outside reports; one that cannot be read is an error as well."""
    if is_too_deep(text):
        return standard_error("runtime", f"the task failed, and its error is not taken: {TOO_DEEP}")
    try:
        error = json.loads(whole(text))
    except ValueError:
        error = None
    return error if isinstance(error, dict) else standard_error("runtime", f"the task failed: {text[:200]}")


def heartbeat_task(transition: Transition, order: c.HeartbeatTask) -> None:
    """A worker holds the task for longer."""
    task = _open(transition, order.path, order.attempt)
    if order.lease_ms <= 0:
        # The worker hands the task back: somebody else may begin at once.
        transition.emit(e.TaskRedispatched(path=task.path, attempt=task.attempt, worker=order.worker))
        return
    lease_until_ms = transition.at_ms + order.lease_ms
    transition.emit(
        e.TaskHeartbeat(path=task.path, attempt=order.attempt, worker=order.worker, lease_until_ms=lease_until_ms)
    )
    if f"{task.path}#lease" not in transition.state.timers:
        transition.set_timer(task.path, "lease", order.lease_ms)


def continue_run(transition: Transition) -> None:
    """Go on after the bound."""
    _live(transition)
    if not transition.state.bounded:
        raise CommandRejected("the run is not waiting to be continued")
    transition.emit(e.TransitionContinued())
    transition.agenda.extend(idle_paths(transition.state))


def deliver_event(transition: Transition, order: c.DeliverEvent) -> None:
    """A CloudEvent arrived for a `listen`."""
    _live(transition)
    task = transition.state.tasks.get(order.path)
    if task is None or task.awaiting != "event":
        raise CommandRejected(f"no task at {order.path} waits for events")
    if is_too_deep(order.event):
        raise CommandRejected(f"the event is not taken: {TOO_DEEP}")
    visit = visit_of(transition, task)
    body = visit.step.body
    if not isinstance(body, ListenBody):
        raise CommandRejected(f"the task at {order.path} is no listen")
    try:
        reason = take(visit, task, body, (order.filter_index, whole(order.event)))
    except Parked as parked:
        raise CommandRejected(f"the filter's expression is not bounded: {parked.source}") from parked
    if reason is not None:
        raise CommandRejected(reason)
    if (size := sum(map(len, task.inbox))) > (limit := INBOX_FACTOR * transition.limits.payload_bytes_max):
        detail = f"the events that wait to be worked through have {size} characters, the limit is {limit}"
        end_by_error(transition, task.path, standard_error("runtime", detail))
        return
    transition.then(task.path)


def cancel_run(transition: Transition, order: c.CancelRun) -> None:
    """Stop for good."""
    _live(transition)
    transition.cancel_below(ROOT, "the run was cancelled")
    transition.emit(e.RunCancelled(reason=order.reason, superseded_by=order.superseded_by))


def suspend_run(transition: Transition, order: c.SuspendRun) -> None:
    """Let nothing new start."""
    _live(transition)
    if transition.state.suspended:
        raise CommandRejected("the run is suspended already")
    if transition.state.status == "queued":
        raise CommandRejected("the run is queued: it has not begun")
    transition.emit(e.RunSuspended(reason=order.reason))


def resume_run(transition: Transition) -> None:
    """Go on: first what became due in the meantime, then everything that can."""
    _live(transition)
    if not transition.state.suspended:
        raise CommandRejected("the run is not suspended")
    transition.emit(e.RunResumed())
    for timer in list(transition.state.timers.values()):
        if timer.fire_at_ms <= transition.at_ms and timer.timer_id in transition.state.timers:
            fire(transition, timer)
    transition.agenda.extend(idle_paths(transition.state))


def _reopenable(transition: Transition, path: str) -> str:
    """Give the path where the faulted run can be taken up again."""
    state = transition.state
    if state.status != "faulted":
        raise CommandRejected(f"the run is {state.status}, not faulted")
    if not state.error_path or not state.wreck_scopes:
        raise CommandRejected("the run faulted at its own input, output or time limit: there is no task to take up")
    if path not in (state.error_path, pointer(state.error_path), ""):
        raise CommandRejected(f"the run faulted at {state.error_path}, not at {path}")
    return state.error_path


def retry_task(transition: Transition, order: c.RetryTask) -> None:
    """Enter the task that faulted the run once more."""
    path = _reopenable(transition, order.path)
    transition.emit(e.RunReopened(path=path, how="retry"))
    transition.agenda.extend(idle_paths(transition.state))


def skip_task(transition: Transition, order: c.SkipTask) -> None:
    """Take a given output for a task that faulted the run or is open."""
    state = transition.state
    if is_too_deep(order.output):
        raise CommandRejected(f"the output is not taken: {TOO_DEEP}")
    task = state.tasks.get(order.path)
    if task is not None and task.awaiting in ("worker", "child") and state.status not in FINAL:
        transition.emit(
            e.TaskReported(path=task.path, attempt=task.attempt, output=whole(order.output), details='{"skipped":true}')
        )
        transition.then(task.path)
        return
    path = _reopenable(transition, order.path)
    transition.emit(e.RunReopened(path=path, how="skip"))
    scope = state.scopes[scope_path_of(path)]
    step = transition.step_at(path)
    transition.emit(e.TaskCompleted(path=path_of(scope, step), output=whole(order.output), then=step.then))
    transition.agenda.extend(idle_paths(state))
