"""Timers that come due: what each was set for."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.approvals import PURPOSES
from engine.decide.agent_limits import limit_reached
from engine.decide.approval_timers import fire_approval_timer
from engine.decide.faulting import end_by_error
from engine.decide.faults import standard_error
from engine.decide.transition import Transition
from engine.decide.trying import end_attempt
from engine.errors import CommandRejected
from engine.state import Task, Timer


def fire_timer(transition: Transition, order: c.FireTimer) -> None:
    """A timer is due. Never early, and once."""
    timer = transition.state.timers.get(order.timer_id)
    if timer is None:
        raise CommandRejected(f"no timer {order.timer_id!r} is set")
    if transition.at_ms < timer.fire_at_ms:
        raise CommandRejected(f"early: the timer is due at {timer.fire_at_ms} ms, it is {transition.at_ms} ms")
    if transition.state.suspended:
        raise CommandRejected("the run is suspended; the timer is looked at when it is resumed")

    fire(transition, timer)


def fire(transition: Transition, timer: Timer) -> None:
    """Do what the timer was set for."""
    transition.emit(e.TimerFired(timer_id=timer.timer_id))
    if timer.purpose == "timeout":
        end_by_error(transition, timer.path, standard_error("timeout", "the time limit was reached"))
    elif timer.purpose == "wallTime":
        end_by_error(transition, timer.path, limit_reached("wallTime", "the agent took longer than it may"))
    elif timer.purpose == "attempt":
        end_attempt(transition, transition.state.tasks[timer.path])
    elif timer.purpose == "lease":
        _check_lease(transition, transition.state.tasks[timer.path])
    elif timer.purpose in PURPOSES:
        fire_approval_timer(transition, timer)
    else:
        transition.then(timer.path)


def _check_lease(transition: Transition, task: Task) -> None:
    remaining_ms = task.lease_until_ms - transition.at_ms
    if remaining_ms > 0:
        transition.set_timer(task.path, "lease", remaining_ms)
        return
    transition.emit(e.TaskRedispatched(path=task.path, attempt=task.attempt, worker=""))
