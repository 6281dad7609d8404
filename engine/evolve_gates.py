"""The fold of gates and schedules."""

from __future__ import annotations

from engine import events as e
from engine.errors import CorruptHistory
from engine.gates import GateState, ScheduleState
from engine.state import Timer


def evolve_gate(state: GateState, event: e.Event, at_ms: int) -> None:
    """Fold one event into a gate."""
    state.seq += 1
    state.updated_at_ms = at_ms
    match event:
        case e.SlotGranted():
            state.limit = event.limit
            state.queue.pop(event.run_id, None)
            state.holders[event.run_id] = None
        case e.SlotQueued():
            state.limit = event.limit
            state.queue[event.run_id] = None
        case e.SlotReleased() | e.SlotRevoked():
            state.queue.pop(event.run_id, None)
            state.holders.pop(event.run_id, None)
        case e.SlotRefused() | e.CommandRejected():
            pass
        case _:
            raise CorruptHistory(f"{state.run_id}: {type(event).__name__} is no event of a gate")


def evolve_schedule(state: ScheduleState, event: e.Event, at_ms: int) -> None:
    """Fold one event into a schedule."""
    state.seq += 1
    state.updated_at_ms = at_ms
    match event:
        case e.ScheduleActivated():
            state.namespace, state.name, state.version = event.namespace, event.name, event.version
            state.schedule, state.active = event.schedule, True
            state.timers.clear()
        case e.ScheduleDeactivated():
            state.active = False
            state.timers.clear()
        case e.ScheduleFired():
            state.fired += 1
        case e.TimerStarted():
            state.timers[event.timer_id] = Timer(
                timer_id=event.timer_id, path="", purpose=event.purpose, fire_at_ms=event.fire_at_ms
            )
        case e.TimerFired():
            if state.timers.pop(event.timer_id, None) is None:
                raise CorruptHistory(f"{state.run_id}: a timer fired that was not set: {event.timer_id}")
        case e.CommandRejected():
            pass
        case _:
            raise CorruptHistory(f"{state.run_id}: {type(event).__name__} is no event of a schedule")
