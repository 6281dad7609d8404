"""Asking a gate for a place below a concurrency limit."""

from __future__ import annotations

import json
import re
from hashlib import blake2b

from engine import events as e
from engine.decide.visit import Visit
from engine.definition.model import Gate
from engine.gates import GATE_PREFIX

#: What the evaluation of a gate's key is for.
GATE_KEY = "concurrency.key"

#: Keys that may stand in the id of a gate as they are.
_PLAIN = re.compile(r"[A-Za-z0-9_.@:+=*-]{1,100}")


def is_held_back(visit: Visit) -> bool:
    """Tell whether a run that is about to begin has to ask a gate first."""
    return visit.transition.definition.gate is not None and visit.transition.state.gate_id is None


def queue(visit: Visit) -> None:
    """Let the run wait for its gate."""
    definition = visit.transition.definition
    gate = definition.gate
    if gate is not None:
        gate_id = f"{GATE_PREFIX}{definition.namespace}/{definition.name}/{_key(visit, gate)}"
        visit.transition.emit(e.RunQueued(gate_id=gate_id, limit=gate.limit, policy=gate.policy))


def _key(visit: Visit, gate: Gate) -> str:
    """Give what tells the gate from the definition's others: the key itself, or its digest where it is no plain text.

    A key comes from the run's input: it may be of any length and hold any character.
    """
    if gate.key is None:
        return "*"
    text = visit.evaluate(GATE_KEY, gate.key, visit.raw_input)
    found = json.loads(text)
    if isinstance(found, str) and _PLAIN.fullmatch(found):
        return found
    return "#" + blake2b(text.encode(), digest_size=16).hexdigest()
