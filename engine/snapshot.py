"""The state of a run as canonical JSON text, and back: equal states give equal text, so a digest compares them."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from hashlib import blake2b
from typing import Any

from engine.gates import GateState, ScheduleState
from engine.state import RunState, Scope, Task, Timer

State = RunState | GateState | ScheduleState

_NODES: dict[str, type[Scope | Task | Timer]] = {"scopes": Scope, "tasks": Task, "timers": Timer}
_KINDS: dict[str, type[State]] = {"run": RunState, "gate": GateState, "schedule": ScheduleState}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def _defaults(kind: type[Any]) -> tuple[tuple[str, object], ...]:
    return tuple(
        (
            f.name,
            f.default
            if f.default is not MISSING
            else f.default_factory()
            if f.default_factory is not MISSING
            else MISSING,
        )
        for f in fields(kind)
    )


_DEFAULTS: dict[type[Any], tuple[tuple[str, object], ...]] = {kind: _defaults(kind) for kind in (*_NODES.values(), *_KINDS.values())}


def _plain(node: object) -> dict[str, Any]:
    """Give the fields that differ from their defaults."""
    return {name: value for name, default in _DEFAULTS[type(node)] if (value := getattr(node, name)) != default}


def dump(state: State) -> str:
    """Give the state as JSON text, without fields that have their default value."""
    plain = _plain(state)
    for name in _NODES:
        if nodes := plain.get(name):
            plain[name] = {key: _plain(nodes[key]) for key in nodes}
    return json.dumps([_NAMES[type(state)], plain], separators=(",", ":"), ensure_ascii=False)


def load(text: str) -> State:
    """Give the state that `dump` wrote."""
    kind, plain = json.loads(text)
    for name, node in _NODES.items():
        if name in plain:
            plain[name] = {key: node(**_typed(value)) for key, value in plain[name].items()}
    return _KINDS[kind](**plain)


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    """Undo what JSON does to number keys and tuples."""
    for name in ("results", "matched"):
        if name in value:
            value[name] = {int(key): item for key, item in value[name].items()}
    if "answers" in value:
        value["answers"] = {slot: (answer[0], answer[1]) for slot, answer in value["answers"].items()}
    return value


def state_hash(state: State) -> str:
    """Give the digest of the state, as hexadecimal text: equal states, equal digests."""
    return blake2b(dump(state).encode(), digest_size=16).hexdigest()
