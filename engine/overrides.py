"""What is to be different in a fork: the workflow's input, the context, outputs of tasks.

As JSON text, which is what commands and events hold: `{"input": …, "context": …, "outputs": {TASK: …}, "mapping":
{TASK: TASK}}`, each member only where it is asked for. A task is the path of a live instance or the JSON Pointer of a
task in the definition. An output is given for one of
- a live instance: it ends at once, with this raw output;
- the task that ended last in a list that is still worked through: this flows on instead of what it gave;
- a task that is still to come: it is taken whenever the run comes to it, and nobody works for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from engine.definition.model import Definition
from engine.errors import CommandRejected
from engine.evolve_tree import drop_below
from engine.paths import ROOT, pointer
from engine.plain import plain
from engine.state import RunState, Scope, Task

_MEMBERS = ("input", "context", "outputs", "mapping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Payloads are JSON text; absent ones change nothing."""

    input: str | None = None
    context: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    #: Where tasks of the old definition are in the new one, by pointer or name: see `engine.fitting`.
    mapping: Mapping[str, str] = field(default_factory=dict)


def overrides_of(text: str) -> Overrides:
    """Give what the JSON text asks for. Raises `CommandRejected` for text that is none of it."""
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise CommandRejected(f"the overrides are no JSON: {error}") from None
    if not isinstance(data, dict) or set(data) - set(_MEMBERS):
        raise CommandRejected(f"expected overrides with members of {', '.join(_MEMBERS)}, found {text[:200]}")
    outputs, mapping = data.get("outputs", {}), data.get("mapping", {})
    if not isinstance(outputs, dict) or not isinstance(mapping, dict):
        raise CommandRejected("expected `outputs` and `mapping` to be objects by task")
    return Overrides(
        input=_text(data["input"]) if "input" in data else None,
        context=_text(data["context"]) if "context" in data else None,
        outputs={task: _text(output) for task, output in outputs.items()},
        mapping={str(old): str(new) for old, new in mapping.items()},
    )


def override(state: RunState, wanted: Overrides, definition: Definition) -> None:
    """Change the state, in place. Raises `CommandRejected` for a task that is unknown, or behind the run already."""
    if wanted.input is not None:
        _input(state, wanted.input)
    if wanted.context is not None:
        state.context = wanted.context
    state.given = {}
    for task, output in wanted.outputs.items():
        _output(state, task, output, definition)


def _input(state: RunState, text: str) -> None:
    """Put another workflow input in; what began with the old one keeps what it was given."""
    root = state.tasks[ROOT]
    if root.cursor:
        first = state.scopes.get("/do")
        if first is not None and first.last is None and first.active is None and first.data == root.input:
            first.data = text
    state.input = root.raw_input = root.input = text


def _output(state: RunState, name: str, output: str, definition: Definition) -> None:
    if name in state.tasks and name != ROOT:
        _end(state, state.tasks[name], output, definition)
        return
    if "@" not in name or not any(_ended_last(scope, name) for scope in state.scopes.values()):
        name = place_of(name, definition)
    scope = next((scope for scope in state.scopes.values() if _ended_last(scope, name)), None)
    if scope is not None:
        scope.data = output
        return
    live = [path for path in state.tasks if plain(path) == name]
    if len(live) == 1:
        _end(state, state.tasks[live[0]], output, definition)
    elif live:
        raise CommandRejected(f"{name} is live more than once: name one of {', '.join(sorted(live)[:5])}")
    elif definition.steps[name].kind == "switch":
        raise CommandRejected(f"{name} is a switch, which has no output of its own: change what flows into it")
    elif _is_behind(state, name, definition):
        raise CommandRejected(f"{name} has ended at this event already: fork at an event before it ended")
    else:
        state.given[name] = output


def place_of(name: str, definition: Definition) -> str:
    """Give where a task is in the definition, by its place, its JSON Pointer, or a name that only one task has."""
    if name in definition.steps:
        return name
    found = [path for path, step in definition.steps.items() if step.pointer == name]
    found = found or [path for path, step in definition.steps.items() if step.name == name]
    if not found:
        raise CommandRejected(_unknown(name, (step.pointer for step in definition.steps.values())))
    if len(found) > 1:
        raise CommandRejected(f"several tasks are called {name!r}: name one of {', '.join(map(pointer, found[:5]))}")
    return found[0]


def _end(state: RunState, task: Task, output: str, definition: Definition) -> None:
    """Let a live task end with this raw output, whatever it was doing."""
    drop_below(state, task)
    if task.kind == "entering":
        task.kind = definition.steps[plain(task.path)].kind
    for timer_id in (task.path, f"{task.path}#lease"):
        state.timers.pop(timer_id, None)
    task.awaiting, task.error, task.failed_scope, task.caught = None, None, None, None
    task.output, task.exited = output, True
    task.answers.clear()


def _ended_last(scope: Scope, name: str) -> bool:
    """Tell whether the task ended last in the list, and nothing began since."""
    if scope.active is not None or scope.last is None:
        return False
    passes = scope.passes.get(scope.last, 1)
    path = f"{scope.path}/{scope.last}"
    return name in (plain(path), path if passes == 1 else f"{path}@{passes}")


def _is_behind(state: RunState, name: str, definition: Definition) -> bool:
    """Tell whether the run has gone past the task, as far as the order of its list tells."""
    for scope in state.scopes.values():
        tasks = definition.lists.get(plain(scope.path))
        names = [] if tasks is None else [f"{tasks.pointer}/{step.segment}" for step in tasks.steps]
        if name in names and plain(f"{scope.path}/{scope.last}") in names:
            return names.index(name) <= names.index(plain(f"{scope.path}/{scope.last}"))
    return False


def _unknown(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=5, cutoff=0.5) or names[:20]
    shown = ", ".join(near)
    return f"{name!r} is no task of the workflow; there are {shown}"


def _text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
