"""Reactions: what a commit sends out once it is durable. They are repeated after a take-over, with the same ids.

Only what still counts in the newest state is sent: a task that was scheduled and is closed by now is not sent again.
"""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.events import Commit, Event
from engine.gates import SCHEDULE_PREFIX, GateState, ScheduleState
from engine.react_forks import reopened, taken_up, told_of_moves
from engine.react_notices import notice
from engine.react_tasks import evaluation, sent_and_left, waiting_for
from engine.snapshot import State
from engine.state import FINAL, RunState

ORCHESTRATOR = "orchestrator"

#: The most frequent events that send nothing out, whatever the state: looked up instead of compared one by one.
SILENT = frozenset(
    {
        e.RunStarted,
        e.ScopeStarted,
        e.ScopeCompleted,
        e.TaskStarted,
        e.TaskReported,
        e.TaskCompleted,
        e.TaskSkipped,
        e.TaskHeartbeat,
        e.LoopStarted,
        e.TimerFired,
    }
)


def react(state: State, commit: Commit) -> list[m.Message]:
    """Give the messages of a commit, in order. `state` is the state after it, or any later one."""
    messages: list[m.Message] = []
    for number, event in enumerate(commit.events, start=commit.seq):
        if type(event) not in SILENT:
            messages += messages_of(state, event, (number, commit))
    return messages


def messages_of(state: State, event: Event, place: tuple[int, Commit]) -> list[m.Message]:
    """Give the messages of an event; `place` is its number and its commit."""
    match state:
        case RunState():
            return _of_run(state, event, place)
        case GateState():
            return _of_gate(state, event, place[0])
        case ScheduleState():
            return _of_schedule(state, event, place[1].at_ms)


def order(to: str, name: str, body: c.Order, actor: str) -> m.SendCommand:
    """Give a command for another run, or this one, with a derived id."""
    return m.SendCommand(command=c.Command(run_id=to, command_id=name, actor=actor, body=body))


def _of_run(state: RunState, event: Event, place: tuple[int, Commit]) -> list[m.Message]:
    match event:
        case e.TaskScheduled():
            return waiting_for(state, event.path) or sent_and_left(state, place[1], event)
        case e.TaskRedispatched():
            return waiting_for(state, event.path)
        case e.EvaluationRequested() | e.ValidationRequested():
            return evaluation(state, event)
        case e.TaskCancelled():
            return _cancelled(state, event)
        case e.NoticeScheduled():
            return notice(state, event)
        case e.EventEmitted():
            return [] if state.mode == "stub" else [m.PublishEvent(event=event.event)]
        case _:
            return _of_the_whole(state, event, (place[0], place[1].at_ms))


def _of_the_whole(state: RunState, event: Event, place: tuple[int, int]) -> list[m.Message]:
    """Give the messages of an event that takes the run to other runs, gates and schedules, or to itself."""
    number, at_ms = place
    match event:
        case e.TransitionBounded():
            return [order(state.run_id, f"{state.run_id}/continue/{number}", c.ContinueRun(), ORCHESTRATOR)]
        case e.ChildStarted():
            return _child(state, event)
        case e.RunQueued():
            # One that was let in, or ended, must not ask again: its place may be somebody else's by now.
            if state.status != "queued":
                return []
            slot = c.AcquireSlot(run_id=state.run_id, limit=event.limit, policy=event.policy)
            return [order(event.gate_id, f"{state.run_id}/acquire", slot, f"run:{state.run_id}")]
        case e.RunCompleted() | e.RunFaulted() | e.RunCancelled():
            return _ended(state, event, number)
        case e.CommandRejected(command="AdmitRun") if state.gate_id is not None and state.status in FINAL:
            # The gate answered a question that was asked twice: give the place back.
            return [_release(state, state.gate_id, number)]
        case _:
            return _of_waits(state, event, at_ms)


def _of_waits(state: RunState, event: Event, at_ms: int) -> list[m.Message]:
    """Give the messages about timers and subscriptions."""
    match event:
        case e.TimerStarted():
            if event.timer_id not in state.timers:
                return []
            return [m.SetTimer(run_id=state.run_id, timer_id=event.timer_id, fire_at_ms=event.fire_at_ms)]
        case e.RunMigrated():
            return told_of_moves(state, at_ms)
        case e.RunForked() | e.RunAdmitted():
            return taken_up(state, event, at_ms)
        case e.RunResumed():
            # Timers that came due meanwhile were refused and are not armed any more.
            return [
                m.SetTimer(run_id=state.run_id, timer_id=timer.timer_id, fire_at_ms=timer.fire_at_ms)
                for timer in state.timers.values()
            ]
        case e.RunReopened():
            # What the fault closed: the tasks above it that listen.
            return reopened(state, at_ms)
        case e.SubscriptionOpened():
            if event.path not in state.tasks or state.mode == "stub":
                return []
            return [_opened(state.run_id, event, at_ms)]
        case e.SubscriptionClosed():
            return [m.CloseSubscription(run_id=state.run_id, path=event.path, filters=event.filters)]
        case _:
            return []


def _cancelled(state: RunState, event: e.TaskCancelled) -> list[m.Message]:
    match event.awaiting:
        case "worker" if event.node_type is not None:
            return [
                m.CancelTask(run_id=state.run_id, path=event.path, attempt=event.attempt, node_type=event.node_type)
            ]
        case "event":
            return [m.CloseSubscription(run_id=state.run_id, path=event.path, filters=event.filters)]
        case "child" if event.child_run_id is not None:
            cancel = c.CancelRun(reason=f"cancelled with {state.run_id}: {event.reason}")
            name = f"{state.run_id}{event.path}/cancel"
            return [order(event.child_run_id, name, cancel, f"run:{state.run_id}")]
        case _:
            return []


def _child(state: RunState, event: e.ChildStarted) -> list[m.Message]:
    task = state.tasks.get(event.path)
    is_reused = event.awaited and (task is None or task.awaiting != "child")
    if state.mode == "stub" or (state.mode == "reuse" and is_reused):
        return []
    start = c.StartRun(
        namespace=event.namespace,
        name=event.name,
        version=event.version,
        input=event.input,
        keyed=True,
        parent_run_id=state.run_id if event.awaited else None,
        parent_path=event.path if event.awaited else None,
        source="workflow",
        started_by=state.started_by,
    )
    return [order(event.child_run_id, f"{event.child_run_id}/start", start, f"run:{state.run_id}")]


def _ended(state: RunState, event: Event, number: int) -> list[m.Message]:
    """Tell the parent, the gate and the schedule that the run ended."""
    messages: list[m.Message] = []
    actor = f"run:{state.run_id}"
    if state.parent_run_id is not None and state.parent_path is not None and state.superseded_by is None:
        result = _result(state.parent_path, event)
        messages.append(order(state.parent_run_id, f"{state.run_id}/result/{number}", result, actor))
    if state.gate_id is not None:
        messages.append(_release(state, state.gate_id, number))
    if state.source == "schedule":
        schedule = f"{SCHEDULE_PREFIX}{state.namespace}/{state.name}"
        messages.append(order(schedule, f"{state.run_id}/ended", c.NoteRunEnded(run_id=state.run_id), actor))
    return messages


def _release(state: RunState, gate_id: str, number: int) -> m.SendCommand:
    """Tell the gate that the run ended."""
    release = c.ReleaseSlot(run_id=state.run_id)
    return order(gate_id, f"{state.run_id}/release/{number}", release, f"run:{state.run_id}")


def _result(path: str, event: Event) -> c.Order:
    match event:
        case e.RunCompleted(output=output):
            return c.CompleteTask(path=path, attempt=1, output=output)
        case e.RunFaulted(error=error):
            return c.FailTask(path=path, attempt=1, error=error)
        case _:
            error = m.json_text(
                {
                    "type": "https://serverlessworkflow.io/spec/1.0.0/errors/runtime",
                    "status": 500,
                    "title": "Child Run Cancelled",
                    "detail": "the child run was cancelled",
                }
            )
            return c.FailTask(path=path, attempt=1, error=error)


def _of_gate(state: GateState, event: Event, number: int) -> list[m.Message]:
    match event:
        case e.SlotGranted(run_id=run_id):
            return [order(run_id, f"{state.run_id}/{number}", c.AdmitRun(), state.run_id)]
        case e.SlotRefused(run_id=run_id):
            refusal = c.RefuseRun(reason=f"the limit of {state.limit} runs at once is reached ({state.run_id})")
            return [order(run_id, f"{state.run_id}/{number}", refusal, state.run_id)]
        case e.SlotRevoked(run_id=run_id):
            cancel = c.CancelRun(reason="a newer run took its place below the concurrency limit")
            return [order(run_id, f"{state.run_id}/{number}", cancel, state.run_id)]
        case _:
            return []


def _opened(run_id: str, event: e.SubscriptionOpened, at_ms: int) -> m.Message:
    return m.OpenSubscription(run_id=run_id, path=event.path, filters=event.filters, opened_at_ms=at_ms)


def _of_schedule(state: ScheduleState, event: Event, at_ms: int) -> list[m.Message]:
    match event:
        case e.ScheduleFired():
            start = c.StartRun(
                namespace=state.namespace,
                name=state.name,
                version=state.version,
                input=event.input,
                keyed=True,
                # The end of a run that events started is of no interest to its schedule.
                source="schedule" if event.event_key is None else "event",
            )
            return [order(event.run_id, f"{event.run_id}/start", start, state.run_id)]
        case e.SubscriptionOpened() if state.active and event.filters == state.filters:
            return [_opened(state.run_id, event, at_ms)]
        case e.SubscriptionClosed():
            return [m.CloseSubscription(run_id=state.run_id, path=event.path, filters=event.filters)]
        case e.TimerStarted() if event.timer_id in state.timers:
            return [m.SetTimer(run_id=state.run_id, timer_id=event.timer_id, fire_at_ms=event.fire_at_ms)]
        case _:
            return []
