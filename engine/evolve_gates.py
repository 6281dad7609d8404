"""The fold of gates and schedules."""

from __future__ import annotations

from engine import events as e
from engine.errors import CorruptHistory
from engine.gates import EventSet, GateState, ScheduleState
from engine.state import Timer

#: Keys of events a schedule remembers. Part of the fold: it never changes.
TAKEN_MAX = 512
#: Runs a gate remembers to have given their place back. Part of the fold as well.
RELEASED_MAX = 512


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
            _remember(state, event.run_id)
        case e.SlotRefused() | e.CommandRejected():
            pass
        case _:
            raise CorruptHistory(f"{state.run_id}: {type(event).__name__} is no event of a gate")


def _remember(state: GateState, run_id: str) -> None:
    """Remember a run that gave its place back; forget the oldest."""
    state.released[run_id] = None
    if len(state.released) > RELEASED_MAX:
        del state.released[next(iter(state.released))]


def evolve_schedule(state: ScheduleState, event: e.Event, at_ms: int) -> None:
    """Fold one event into a schedule."""
    state.seq += 1
    state.updated_at_ms = at_ms
    match event:
        case e.ScheduleActivated():
            state.namespace, state.name, state.version = event.namespace, event.name, event.version
            state.schedule, state.active = event.schedule, True
            state.timers.clear()
            state.sets.clear()
        case e.ScheduleDeactivated():
            state.active = False
            state.timers.clear()
            state.sets.clear()
        case e.ScheduleFired():
            state.fired += 1
            state.last_run_id = event.run_id
            _take(state, event.event_key)
            if event.set_id and state.sets.pop(str(event.set_id), None) is None:
                raise CorruptHistory(f"{state.run_id}: it fired by a set of events it does not have: {event.set_id}")
        case e.ScheduledRunEnded():
            state.last_run_id = None
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
            _evolve_events(state, event)


def _evolve_events(state: ScheduleState, event: e.Event) -> None:
    match event:
        case e.SubscriptionOpened():
            state.filters = event.filters
        case e.SubscriptionClosed():
            state.filters = None
        case e.ScheduleCollected():
            _collect(state, event)
        case e.ScheduleSetDropped():
            if state.sets.pop(str(event.set_id), None) is None:
                raise CorruptHistory(f"{state.run_id}: it dropped a set of events it does not have: {event.set_id}")
        case _:
            raise CorruptHistory(f"{state.run_id}: {type(event).__name__} is no event of a schedule")


def _collect(state: ScheduleState, event: e.ScheduleCollected) -> None:
    state.sets_begun = max(state.sets_begun, event.set_id)
    found = state.sets.setdefault(str(event.set_id), EventSet())
    found.correlation = event.correlation
    found.filters.append(event.filter_index)
    found.events.append(event.event)
    _take(state, event.event_key)


def _take(state: ScheduleState, event_key: str | None) -> None:
    """Remember an event; forget the oldest."""
    if event_key is None:
        return
    state.taken[event_key] = None
    if len(state.taken) > TAKEN_MAX:
        del state.taken[next(iter(state.taken))]
