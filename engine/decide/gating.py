"""Commands to gates and schedules."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine import commands as c
from engine import events as e
from engine.calendar import next_instant_ms
from engine.definition.durations import duration_ms
from engine.errors import CommandRejected
from engine.gates import GateState, ScheduleState


def decide_gate(state: GateState, order: c.Order) -> list[e.Event]:
    """Give the events of an order to a gate."""
    match order:
        case c.AcquireSlot():
            return _acquire(state, order)
        case c.ReleaseSlot():
            return _release(state, order)
        case _:
            raise CommandRejected(f"{type(order).__name__} is no order to a gate")


def _acquire(state: GateState, order: c.AcquireSlot) -> list[e.Event]:
    if order.run_id in state.holders:
        return [e.SlotGranted(run_id=order.run_id, limit=order.limit)]
    if order.run_id in state.queue:
        raise CommandRejected("the run is in the queue already")
    if len(state.holders) < order.limit:
        return [e.SlotGranted(run_id=order.run_id, limit=order.limit)]
    if order.policy == "refuse":
        return [e.SlotRefused(run_id=order.run_id)]
    if order.policy == "cancelOldest":
        oldest = next(iter(state.holders))
        return [e.SlotRevoked(run_id=oldest), e.SlotGranted(run_id=order.run_id, limit=order.limit)]
    return [e.SlotQueued(run_id=order.run_id, limit=order.limit)]


def _release(state: GateState, order: c.ReleaseSlot) -> list[e.Event]:
    """Free the place and give it to whoever has waited longest."""
    if order.run_id not in state.holders and order.run_id not in state.queue:
        raise CommandRejected("the run neither holds a place nor waits for one")
    events: list[e.Event] = [e.SlotReleased(run_id=order.run_id)]
    free = state.limit - len(state.holders) + (order.run_id in state.holders)
    waiting = [run_id for run_id in state.queue if run_id != order.run_id]
    events += [e.SlotGranted(run_id=run_id, limit=state.limit) for run_id in waiting[: max(0, free)]]
    return events


def decide_schedule(state: ScheduleState, order: c.Order, at_ms: int) -> list[e.Event]:
    """Give the events of an order to a schedule."""
    match order:
        case c.ActivateSchedule():
            activated = e.ScheduleActivated(
                namespace=order.namespace, name=order.name, version=order.version, schedule=order.schedule
            )
            return [activated, *_next(order.schedule, at_ms, ended=True)]
        case c.DeactivateSchedule():
            return [e.ScheduleDeactivated()]
        case c.FireTimer():
            return _fire(state, order, at_ms)
        case c.NoteRunEnded():
            return _ended(state, at_ms)
        case c.StartScheduled():
            return [_fired(state, order.input)]
        case _:
            raise CommandRejected(f"{type(order).__name__} is no order to a schedule")


def _next(schedule: str, at_ms: int, *, ended: bool) -> list[e.Event]:
    """Set the timer of the next start. `after` begins with a run at once and is set again when that run ended."""
    plan = json.loads(schedule)
    if "every" in plan:
        fire_at_ms = at_ms + max(1, duration_ms(plan["every"]))
    elif "cron" in plan:
        fire_at_ms = next_instant_ms(plan["cron"], at_ms)
    elif "after" in plan and ended:
        fire_at_ms = at_ms + max(1, duration_ms(plan["after"]))
    else:
        return []
    return [e.TimerStarted(timer_id="schedule", path="", purpose="schedule", fire_at_ms=fire_at_ms)]


def _fire(state: ScheduleState, order: c.FireTimer, at_ms: int) -> list[e.Event]:
    timer = state.timers.get(order.timer_id)
    if timer is None:
        raise CommandRejected(f"no timer {order.timer_id!r} is set")
    if at_ms < timer.fire_at_ms:
        raise CommandRejected(f"early: the timer is due at {timer.fire_at_ms} ms, it is {at_ms} ms")
    # The next start counts from when this one was due, so that a late timer does not shift the calendar.
    plan = json.loads(state.schedule)
    base_ms = timer.fire_at_ms if "every" in plan and at_ms - timer.fire_at_ms < duration_ms(plan["every"]) else at_ms
    upcoming = [] if "after" in plan else _next(state.schedule, base_ms, ended=False)
    return [e.TimerFired(timer_id=order.timer_id), _fired(state, "{}"), *upcoming]


def _ended(state: ScheduleState, at_ms: int) -> list[e.Event]:
    if not state.active or "after" not in json.loads(state.schedule) or state.timers:
        raise CommandRejected("the schedule does not wait for the end of a run")
    return _next(state.schedule, at_ms, ended=True)


def _fired(state: ScheduleState, given: str) -> e.ScheduleFired:
    place = blake2b(f"{state.run_id}#{state.fired}".encode(), digest_size=16).hexdigest()
    return e.ScheduleFired(run_id=f"s{place}", input=given)
