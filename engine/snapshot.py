"""The state of a run as canonical JSON text, and back: equal states give equal text, so a digest compares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from hashlib import blake2b
from typing import Any, TypeVar

from engine.approvals import Approval, Notice
from engine.copying import copier
from engine.gates import EventSet, GateState, ScheduleState
from engine.state import RunState, Scope, Task, Timer

State = RunState | GateState | ScheduleState
Node = TypeVar("Node", bound=Scope | Task)

#: Up to so many nodes it is cheaper to copy them all than to see which are needed.
COPIED_AT_ONCE = 16

_NODES: dict[str, type[Scope | Task | Timer | EventSet | Approval | Notice]] = {
    "scopes": Scope,
    "tasks": Task,
    "timers": Timer,
    "wreck_scopes": Scope,
    "wreck_tasks": Task,
    "sets": EventSet,
    "approvals": Approval,
    "notices": Notice,
}
#: Fields of approvals that are tuples.
_TUPLES = ("assignees", "groups", "votes", "comments")
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


_DEFAULTS: dict[type[Any], tuple[tuple[str, object], ...]] = {
    kind: _defaults(kind)
    for kind in (Scope, Task, Timer, EventSet, Approval, Notice, RunState, GateState, ScheduleState)
}


def _plain(node: object) -> dict[str, Any]:
    """Give the fields that differ from their defaults."""
    return {name: value for name, default in _DEFAULTS[type(node)] if (value := getattr(node, name)) != default}


def dump(state: State) -> str:
    """Give the state as JSON text, without fields that have their default value."""
    plain = _plain(state)
    for name in _NODES:
        if nodes := plain.get(name):
            plain[name] = {key: _plain(node) for key, node in nodes.items()}
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
    for name in _TUPLES:
        if isinstance(value.get(name), list):
            value[name] = tuple(value[name])
    return value


def copy_state(state: State) -> State:
    """Give a state that can be changed without changing the given one. Payload texts are shared."""
    if isinstance(state, RunState):
        run = _copy_run(state)
        run.tasks = _copied(state.tasks, _copy_task)
        run.scopes = _copied(state.scopes, _copy_scope)
        run.wreck_scopes = {path: _copy_scope(scope) for path, scope in state.wreck_scopes.items()}
        run.wreck_tasks = {path: _copy_task(task) for path, task in state.wreck_tasks.items()}
        return run
    if isinstance(state, GateState):
        return _copy_gate(state)
    schedule = _copy_schedule(state)
    schedule.sets = {number: _copy_set(found) for number, found in state.sets.items()}
    return schedule


_copy_run = copier(RunState, shared=("tasks", "scopes", "wreck_scopes", "wreck_tasks"))
_copy_gate = copier(GateState)
_copy_schedule = copier(ScheduleState)
_copy_set = copier(EventSet)
_copy_scope = copier(Scope)
_copy_task = copier(Task)


class _Shared(dict[str, Node]):
    """Nodes shared with the state they were copied from: each becomes a copy when it is first asked for.

    What goes over them all, by `values` or `items`, may look at them and must not change them.
    """

    __slots__ = ("_copy", "_own")

    def __init__(self, nodes: dict[str, Node], copy_node: Callable[[Node], Node]) -> None:
        super().__init__(nodes)
        self._copy = copy_node
        self._own: set[str] = set()

    def __getitem__(self, path: str) -> Node:
        found = super().__getitem__(path)
        if path not in self._own:
            found = self._copy(found)
            self[path] = found
        return found

    def get(self, path: str, default: Any = None) -> Any:
        """Give the node at `path`, as one that may be changed."""
        try:
            return self[path]
        except KeyError:
            return default

    def __setitem__(self, path: str, node: Node) -> None:
        self._own.add(path)
        super().__setitem__(path, node)


def _copied(nodes: dict[str, Node], copy_node: Callable[[Node], Node]) -> dict[str, Node]:
    """Give nodes that can be changed without changing the given ones: the work is small however many there are."""
    if len(nodes) > COPIED_AT_ONCE:
        return _Shared(nodes, copy_node)
    return {path: copy_node(node) for path, node in nodes.items()}


def state_hash(state: State) -> str:
    """Give the digest of the state, as hexadecimal text: equal states, equal digests."""
    return blake2b(dump(state).encode(), digest_size=16).hexdigest()
