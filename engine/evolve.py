"""The fold: what each event means for the state of its run. No rules here; an impossible event raises `CorruptHistory`.

The meaning of a released event never changes (golden logs in the tests replay for ever): a new meaning is a new event.
"""

from __future__ import annotations

import json

from engine import events as e
from engine.errors import CorruptHistory
from engine.evolve_agents import AgentEvent, evolve_agent
from engine.evolve_approvals import ApprovalEvent, evolve_approval
from engine.evolve_forks import evolve_fork
from engine.evolve_tasks import (
    cancelled,
    caught,
    completed,
    exhausted,
    faulted,
    looped,
    retried,
    scope_completed,
    scope_started,
    skipped,
    started,
)
from engine.evolve_tree import reopen, task_at
from engine.paths import ROOT
from engine.state import RunState, Task, Timer

#: Keys of events that a `listen` without end keeps, to know copies by.
TAKEN_MAX = 1000


def evolve(state: RunState, event: e.Event, at_ms: int) -> None:
    """Fold one event that happened at `at_ms` (Unix milliseconds) into `state`."""
    state.seq += 1
    state.updated_at_ms = at_ms
    match event:
        case e.TaskCompleted():
            completed(state, event)
        case e.TaskStarted():
            started(state, event, at_ms)
        case e.ScopeStarted():
            scope_started(state, event)
        case e.ScopeCompleted():
            scope_completed(state, event)
        case e.TaskSkipped():
            skipped(state, event)
        case e.TaskFaulted():
            faulted(state, event)
        case e.TaskCancelled():
            cancelled(state, event)
        case e.LoopStarted():
            looped(state, event)
        case e.ExtensionPassed():
            task_at(state, event.path).extended += 1
        case e.ErrorCaught():
            caught(state, event)
        case e.RetriesExhausted():
            exhausted(state, event)
        case e.TaskRetried():
            retried(state, event)
        case _:
            _evolve_outside(state, event, at_ms)


def _evolve_outside(state: RunState, event: e.Event, at_ms: int) -> None:
    match event:
        case e.TaskScheduled():
            _scheduled(task_at(state, event.path), event)
        case e.TaskReported():
            _reported(state, event)
        case e.TaskHeartbeat():
            task_at(state, event.path).lease_until_ms = event.lease_until_ms
        case e.TaskRedispatched():
            task_at(state, event.path).lease_until_ms = 0
            state.timers.pop(f"{event.path}#lease", None)
        case e.EvaluationRequested() | e.ValidationRequested():
            _asked(state, event, at_ms)
        case e.EvaluationCompleted():
            task = task_at(state, event.path)
            task.asked.pop(event.slot, None)
            task.answers[event.slot] = (event.value, event.error)
        case e.TimerStarted():
            _timer_started(state, event)
        case e.TimerFired():
            _timer_fired(state, event)
        case e.SubscriptionOpened():
            task = task_at(state, event.path)
            task.awaiting, task.filters = "event", event.filters
        case e.SubscriptionClosed():
            task_at(state, event.path).awaiting = None
        case e.EventReceived() | e.ItemsForgotten():
            _inbox_changed(task_at(state, event.path), event)
        case e.ItemExported():
            state.context = event.context
            task_at(state, event.path).exported = event.ordinal
        case e.EventEmitted():
            pass
        case e.ChildStarted():
            task = task_at(state, event.path)
            task.child_run_id = event.child_run_id
            task.awaiting = "child" if event.awaited else None
        case _:
            _evolve_run(state, event, at_ms)


def _evolve_run(state: RunState, event: e.Event, at_ms: int) -> None:
    match event:
        case e.RunStarted():
            _run_started(state, event, at_ms)
        case e.RunQueued():
            state.status, state.gate_id = "queued", event.gate_id
        case e.RunAdmitted():
            state.status = "running"
        case e.RunCompleted():
            state.output = event.output
            _end(state, "completed", at_ms)
        case e.RunFaulted():
            state.status, state.ended_at_ms = "faulted", at_ms
            state.error, state.error_path = event.error, event.path
            _clear(state)
        case e.RunCancelled():
            state.superseded_by = event.superseded_by
            _end(state, "cancelled", at_ms)
        case e.RunSuspended():
            state.suspended, state.status = True, "suspended"
        case e.RunResumed():
            state.suspended, state.status = False, "running"
        case e.RunReopened():
            state.status, state.ended_at_ms = "running", 0
            state.error = state.error_path = None
            reopen(state)
        case e.TransitionBounded():
            state.bounded = True
        case e.TransitionContinued():
            state.bounded = False
        case e.CommandRejected():
            pass
        case _ if isinstance(event, ApprovalEvent):
            evolve_approval(state, event, at_ms)
        case _ if isinstance(event, AgentEvent):
            evolve_agent(state, event)
        case _:
            _evolve_rare(state, event)


def _evolve_rare(state: RunState, event: e.Event) -> None:
    match event:
        case e.RunForked() | e.RunMigrated() | e.ResultReused():
            evolve_fork(state, event)
        case e.SlotGranted() | e.SlotQueued() | e.SlotRefused() | e.SlotRevoked() | e.SlotReleased():
            raise CorruptHistory(f"run {state.run_id}: an event of a gate, {type(event).__name__}, in the log of a run")
        case e.ScheduleActivated() | e.ScheduleDeactivated() | e.ScheduleFired() | e.ScheduleCollected():
            raise CorruptHistory(f"run {state.run_id}: an event of a schedule, {type(event).__name__}, in a run's log")
        case _:
            # Every other member was matched by the functions above; a new event without a meaning ends here.
            raise CorruptHistory(f"run {state.run_id}: nobody folds the event {type(event).__name__}")


def _run_started(state: RunState, event: e.RunStarted, at_ms: int) -> None:
    if state.started_at_ms:
        raise CorruptHistory(f"run {state.run_id} started twice")
    state.status, state.started_at_ms = "running", at_ms
    state.namespace, state.name, state.version = event.namespace, event.name, event.version
    state.input, state.source = event.input, event.source
    state.parent_run_id, state.parent_path = event.parent_run_id, event.parent_path
    state.started_by = event.started_by
    state.tasks[ROOT] = Task(
        path=ROOT, parent=ROOT, kind="workflow", raw_input=event.input, input=event.input, started_at_ms=at_ms
    )


def _end(state: RunState, status: str, at_ms: int) -> None:
    state.status, state.ended_at_ms, state.suspended = status, at_ms, False
    _clear(state)
    state.wreck_scopes.clear()
    state.wreck_tasks.clear()


def _clear(state: RunState) -> None:
    state.tasks.clear()
    state.scopes.clear()
    state.timers.clear()
    state.approvals.clear()
    state.notices.clear()


def _scheduled(task: Task, event: e.TaskScheduled) -> None:
    task.awaiting, task.attempt, task.node_type = "worker", event.attempt, event.node_type
    task.arguments, task.secret_expressions = event.arguments, event.secret_expressions
    task.deadline_ms = event.deadline_ms


def _reported(state: RunState, event: e.TaskReported) -> None:
    task = task_at(state, event.path)
    task.awaiting, task.output = None, event.output
    state.timers.pop(f"{event.path}#lease", None)


def _asked(state: RunState, event: e.EvaluationRequested | e.ValidationRequested, at_ms: int) -> None:
    """Note an evaluation under way; a task not begun yet becomes an `entering` instance."""
    task = state.tasks.get(event.path)
    if task is None:
        entering = e.TaskStarted(path=event.path, kind="entering")
        started(state, entering, at_ms)
        task = state.tasks[event.path]
    task.asked[event.slot] = None


def _timer_started(state: RunState, event: e.TimerStarted) -> None:
    state.timers[event.timer_id] = Timer(
        timer_id=event.timer_id, path=event.path, purpose=event.purpose, fire_at_ms=event.fire_at_ms
    )
    if event.purpose in ("wait", "retry"):
        task_at(state, event.path).awaiting = "timer"


def _timer_fired(state: RunState, event: e.TimerFired) -> None:
    timer = state.timers.pop(event.timer_id, None)
    if timer is None:
        raise CorruptHistory(f"run {state.run_id}: a timer fired that was not set: {event.timer_id}")
    if timer.purpose in ("wait", "retry"):
        task = task_at(state, timer.path)
        task.awaiting = None
        if timer.purpose == "wait":
            task.output = task.input


def _received(task: Task, event: e.EventReceived) -> None:
    if event.kept:
        task.inbox.append(event.event)
    task.matched[event.filter_index] = task.matched.get(event.filter_index, 0) + 1
    if event.correlation is not None:
        task.correlation = event.correlation


def _inbox_changed(task: Task, event: e.EventReceived | e.ItemsForgotten) -> None:
    if isinstance(event, e.EventReceived):
        _received(task, event)
    else:
        _forget(task, event)


def _forget(task: Task, event: e.ItemsForgotten) -> None:
    """The oldest events and their results are gone; their keys stay for a while, to know a copy by."""
    keys: list[str] = json.loads(event.keys)
    task.inbox = task.inbox[len(keys) :]
    task.forgotten += len(keys)
    task.taken = [*task.taken, *keys][-TAKEN_MAX:]
    for ordinal in [each for each in task.results if each <= task.forgotten]:
        del task.results[ordinal]
