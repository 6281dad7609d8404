"""The start of a run, and the concurrency limit before it."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.decide.faulting import guarded
from engine.decide.intake import TOO_DEEP, is_too_deep, whole
from engine.decide.queueing import queue
from engine.decide.tasks import visit_of
from engine.decide.tasksize import excess_bytes
from engine.decide.transition import Transition
from engine.errors import CommandRejected
from engine.paths import ROOT


def start_run(transition: Transition, order: c.StartRun) -> None:
    """Let a run exist; it begins at once, or when its gate admits it."""
    definition = transition.definition
    if is_too_deep(order.input):
        raise CommandRejected(f"the input is not taken: {TOO_DEEP}")
    limit = transition.limits.payload_bytes_max
    if (size := excess_bytes(order.input, limit)) is not None:
        raise CommandRejected(f"the input is not taken: it has {size} bytes, the limit is {limit}")
    transition.emit(
        e.RunStarted(
            namespace=definition.namespace,
            name=definition.name,
            version=definition.version,
            input=whole(order.input),
            parent_run_id=order.parent_run_id,
            parent_path=order.parent_path,
            source=order.source,
            started_by=order.started_by or transition.command.actor,
        )
    )
    if definition.gate is None:
        transition.then(ROOT)
        return
    visit = visit_of(transition, transition.state.tasks[ROOT])
    guarded(transition, ROOT, lambda: queue(visit))
