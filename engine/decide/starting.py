"""The start of a run, and the concurrency limit before it."""

from __future__ import annotations

import json

from engine import commands as c
from engine import events as e
from engine.decide.faulting import guarded
from engine.decide.tasks import visit_of
from engine.decide.transition import Transition
from engine.definition.model import Gate
from engine.gates import GATE_PREFIX
from engine.paths import ROOT


def start_run(transition: Transition, order: c.StartRun) -> None:
    """Let a run exist; it begins at once, or when its gate admits it."""
    definition = transition.definition
    transition.emit(
        e.RunStarted(
            namespace=definition.namespace,
            name=definition.name,
            version=definition.version,
            input=order.input,
            parent_run_id=order.parent_run_id,
            parent_path=order.parent_path,
            source=order.source,
        )
    )
    if definition.gate is None:
        transition.then(ROOT)
        return
    gate = definition.gate
    guarded(transition, ROOT, lambda: _queue(transition, gate))


def _queue(transition: Transition, gate: Gate) -> None:
    key = "*"
    if gate.key is not None:
        root = transition.state.tasks[ROOT]
        key = json.loads(visit_of(transition, root).evaluate("concurrency.key", gate.key, root.raw_input))
    definition = transition.definition
    gate_id = f"{GATE_PREFIX}{definition.namespace}/{definition.name}/{key}"
    transition.emit(e.RunQueued(gate_id=gate_id, limit=gate.limit, policy=gate.policy))
