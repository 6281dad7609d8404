"""What differs between two states, as a list of changes after the manner of JSON Patch (RFC 6902), with what was there.

Payloads are compared as the values they are and not as texts, so that a change deep in an input has a path of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from engine.snapshot import State, dump

#: Fields of a state, and of what is in it, that hold JSON text.
_TEXTS = frozenset(
    "input context output error raw_input data variables arguments items caught filters correlation".split()
)
#: Fields that hold JSON texts by key or in order.
_TEXTS_INSIDE = frozenset({"results", "inbox", "queue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place that differs. `path` is a JSON Pointer into what `readable` gives."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Any = None
    was: Any = None

    def plain(self) -> dict[str, Any]:
        """Give it as JSON data: no `value` of what was removed, no `was` of what was added."""
        found = {"op": self.op, "path": self.path}
        if self.op != "remove":
            found["value"] = self.value
        return found if self.op == "add" else {**found, "was": self.was}


def readable(state: State) -> dict[str, Any]:
    """Give a state as JSON data whose payloads are values."""
    found: dict[str, Any] = _opened("", json.loads(dump(state))[1])
    return found


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Yield what makes `after` of `before`, in the order of the places."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, path)
    elif type(before) is not type(after) or before != after:
        yield Change(op="replace", path=path, value=after, was=before)


def _in_objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Change]:
    for name in (*before, *(name for name in after if name not in before)):
        place = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in after:
            yield Change(op="remove", path=place, was=before[name])
        elif name not in before:
            yield Change(op="add", path=place, value=after[name])
        else:
            yield from changes(before[name], after[name], place)


def _in_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Change]:
    common = min(len(before), len(after))
    for index in range(common):
        yield from changes(before[index], after[index], f"{path}/{index}")
    for index in range(common, len(after)):
        yield Change(op="add", path=f"{path}/{index}", value=after[index])
    # From the end, so that applying one does not move the others.
    for index in reversed(range(common, len(before))):
        yield Change(op="remove", path=f"{path}/{index}", was=before[index])


def _opened(name: str, value: Any) -> Any:
    match value:
        case str() if name in _TEXTS:
            return _parsed(value)
        case dict() if name in _TEXTS_INSIDE:
            return {key: _parsed(item) for key, item in value.items()}
        case list() if name in _TEXTS_INSIDE:
            return [_parsed(item) for item in value]
        case dict():
            return {key: _opened(key, item) for key, item in value.items()}
        case _:
            return value


def _parsed(value: Any) -> Any:
    """Give the value of JSON text; what is none stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
