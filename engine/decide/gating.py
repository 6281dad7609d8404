"""Commands to gates."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.errors import CommandRejected
from engine.gates import GateState


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
    if order.run_id in state.released:
        raise CommandRejected("the run gave its place back already")
    if len(state.holders) < order.limit:
        return [e.SlotGranted(run_id=order.run_id, limit=order.limit)]
    if order.policy == "refuse":
        return [e.SlotRefused(run_id=order.run_id)]
    if order.policy == "cancelOldest" and state.holders:
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
