"""What a fork, and a run that follows another version, tell the outside."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.state import RunState


def taken_up(state: RunState, event: e.RunForked | e.RunAdmitted, at_ms: int) -> list[m.Message]:
    """Tell who has to know of a fork: the run whose place it takes, and once it goes on, timers and listeners."""
    messages: list[m.Message] = []
    if isinstance(event, e.RunForked) and event.supersedes:
        cancel = c.CancelRun(reason=f"superseded by {state.run_id}", superseded_by=state.run_id)
        messages.append(
            m.SendCommand(
                command=c.Command(
                    run_id=event.forked_from,
                    command_id=f"{state.run_id}/supersedes",
                    actor=f"run:{state.run_id}",
                    body=cancel,
                )
            )
        )
    if state.forked_from is None or state.status != "running":
        return messages
    messages += [
        m.SetTimer(run_id=state.run_id, timer_id=timer.timer_id, fire_at_ms=timer.fire_at_ms)
        for timer in state.timers.values()
    ]
    return messages + ([] if state.mode == "stub" else reopened(state, at_ms))


def told_of_moves(state: RunState, at_ms: int) -> list[m.Message]:
    """Tell timers and listeners where their tasks are now."""
    if not state.aliases:
        return []
    messages: list[m.Message] = [
        m.SetTimer(run_id=state.run_id, timer_id=timer.timer_id, fire_at_ms=timer.fire_at_ms)
        for timer in state.timers.values()
    ]
    for old, path in state.aliases.items():
        task = state.tasks.get(path)
        if task is not None and task.awaiting == "event":
            messages.append(m.CloseSubscription(run_id=state.run_id, path=old, filters=task.filters))
    return messages + reopened(state, at_ms)


def reopened(state: RunState, at_ms: int) -> list[m.Message]:
    """Open the subscriptions of the tasks that listen."""
    return [
        m.OpenSubscription(run_id=state.run_id, path=task.path, filters=task.filters, opened_at_ms=at_ms)
        for task in state.tasks.values()
        if task.awaiting == "event" and task.filters is not None
    ]
