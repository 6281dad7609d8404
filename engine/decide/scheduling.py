"""Commands to schedules: calendars (`every`, `cron`, `after`) and events (`on`).

A schedule is active or not. While it is, it has a timer for each of its calendars, and a subscription for its events.
Events are collected in sets: events that share their correlation keys, one set for each combination of values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar

from engine import commands as c
from engine import events as e
from engine.calendar import next_instant_ms
from engine.decide.collecting import Collector
from engine.decide.world import World
from engine.definition.durations import duration_ms
from engine.errors import CommandRejected, EvaluateOutside, ExpressionFailed
from engine.gates import ScheduleState

Result = TypeVar("Result")


def decide_schedule(state: ScheduleState, command: c.Command, world: World) -> list[e.Event]:
    """Give the events of an order to a schedule."""
    match command.body:
        case c.ActivateSchedule() as activation:
            return _activate(state, activation, (command.at_ms, world))
        case c.DeactivateSchedule():
            return _deactivate(state)
        case c.FireTimer(timer_id=timer_id):
            return _fire(state, timer_id, command.at_ms)
        case c.NoteRunEnded(run_id=run_id):
            return _note_end(state, run_id, command.at_ms)
        case c.StartScheduled(input=given):
            return [_fired(state, given)]
        case c.DeliverEvent() as delivery:
            return _guarded(lambda: Collector(state, world).deliver(delivery))
        case order:
            raise CommandRejected(f"{type(order).__name__} is no order to a schedule")


def _activate(state: ScheduleState, order: c.ActivateSchedule, when: tuple[int, World]) -> list[e.Event]:
    at_ms, world = when
    if state.active and (state.version, state.schedule) == (order.version, order.schedule):
        raise CommandRejected(f"version {order.version} is active already")
    plan = _plan(order.schedule)

    events: list[e.Event] = _closed(state)
    events.append(
        e.ScheduleActivated(namespace=order.namespace, name=order.name, version=order.version, schedule=order.schedule)
    )
    events += [_timer(plan, kind, at_ms) for kind in ("every", "cron") if kind in plan]
    if "after" in plan and state.last_run_id is None:
        # What is to start again after its end has to start a first time.
        events.append(_fired(state, "{}"))
    if "on" in plan:
        reference = (order.namespace, order.name, order.version)
        filters = _guarded(lambda: Collector(state, world, reference).filters(plan["on"]))
        events.append(e.SubscriptionOpened(path="", filters=filters))
    return events


def _deactivate(state: ScheduleState) -> list[e.Event]:
    if not state.active:
        raise CommandRejected("the schedule is not active")
    return [*_closed(state), e.ScheduleDeactivated()]


def _closed(state: ScheduleState) -> list[e.Event]:
    return [] if state.filters is None else [e.SubscriptionClosed(path="", filters=state.filters)]


def _fire(state: ScheduleState, timer_id: str, at_ms: int) -> list[e.Event]:
    timer = state.timers.get(timer_id)
    if timer is None:
        raise CommandRejected(f"no timer {timer_id!r} is set")
    if at_ms < timer.fire_at_ms:
        raise CommandRejected(f"early: the timer is due at {timer.fire_at_ms} ms, it is {at_ms} ms")

    plan = _plan(state.schedule)
    # The next start counts from when this one was due, so that a late timer does not shift the calendar; starts that
    # were missed altogether are not made up for.
    is_late = timer_id == "every" and at_ms - timer.fire_at_ms >= duration_ms(plan["every"])
    base_ms = timer.fire_at_ms if timer_id == "every" and not is_late else at_ms
    upcoming = [] if timer_id == "after" else [_timer(plan, timer_id, base_ms)]
    return [e.TimerFired(timer_id=timer_id), _fired(state, "{}"), *upcoming]


def _note_end(state: ScheduleState, run_id: str, at_ms: int) -> list[e.Event]:
    plan = json.loads(state.schedule) or {}
    if "after" not in plan or run_id != state.last_run_id:
        raise CommandRejected("the schedule does not wait for the end of this run")
    ended = e.ScheduledRunEnded(run_id=run_id)
    return [ended, _timer(plan, "after", at_ms)] if state.active else [ended]


def _plan(schedule: str) -> dict[str, Any]:
    """Give what a schedule says, if its calendars name instants."""
    plan: dict[str, Any] = json.loads(schedule) or {}
    for kind in ("every", "cron", "after"):
        if kind in plan:
            _timer(plan, kind, 0)
    return plan


def _timer(plan: dict[str, Any], kind: str, from_ms: int) -> e.TimerStarted:
    try:
        if kind == "cron":
            fire_at_ms = next_instant_ms(plan[kind], from_ms)
        else:
            fire_at_ms = from_ms + max(1, duration_ms(plan[kind]))
    except (ValueError, KeyError) as error:
        raise CommandRejected(f"{kind} names no instant: {error}") from error
    return e.TimerStarted(timer_id=kind, path="", purpose="schedule", fire_at_ms=fire_at_ms)


def _fired(state: ScheduleState, given: str) -> e.ScheduleFired:
    place = blake2b(f"{state.run_id}#{state.fired}".encode(), digest_size=16).hexdigest()
    return e.ScheduleFired(run_id=f"s{place}", input=given)


def _guarded(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except ExpressionFailed as failure:
        raise CommandRejected(f"an expression of schedule.on failed: {failure}") from failure
    except EvaluateOutside as outside:
        raise CommandRejected(f"an expression of schedule.on is not bounded: {outside}") from outside
