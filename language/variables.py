"""Which variables an expression may use, by where it stands (the table of runtime expression arguments in dsl.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from language.places import Path

_RUN = frozenset({"secrets", "workflow", "runtime"})
_BEFORE_INPUT = _RUN | {"context", "task"}
_TASK = _BEFORE_INPUT | {"input", "authorization"}
_AFTER_OUTPUT = _TASK | {"output"}
_LISTS = frozenset({"do", "try", "finally", "branches", "before", "after"})
#: Keys of a task below which stands data of the author's, in which a key such as `do` has no meaning.
_DATA = frozenset({"set", "emit", "raise", "run", "metadata"})


@dataclass(frozen=True)
class Scopes:
    """The variables of one document."""

    data: dict[str, Any]

    def at(self, path: Path) -> frozenset[str]:
        """Give the variables, without the dollar, that an expression at this path may use."""
        if path[:1] == ("use",):
            return self.all | _of_tool(path[3:])
        start, names = self._walk(path)
        if start == 0:
            return _of_workflow(path) | names
        return _of_task(path[start:]) | names | _of_tool(path[start:])

    @property
    def all(self) -> frozenset[str]:
        """Every variable that an expression somewhere in the document may use."""
        return _AFTER_OUTPUT | self.everywhere

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Every variable that some task of the document defines: parts of `use` may be called from anywhere."""
        found: set[str] = set()
        waiting: list[Any] = [self.data]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                for key in ("for", "catch", "foreach"):
                    found.update(_introduced(value, key))
            if isinstance(value, dict | list):
                waiting.extend(value.values() if isinstance(value, dict) else value)
        return frozenset(found)

    def _walk(self, path: Path) -> tuple[int, frozenset[str]]:
        """Give where in the path the innermost task starts, and the variables that the tasks around it define."""
        start, names = 0, set[str]()
        node: Any = self.data
        for index, key in enumerate(path):
            if isinstance(node, dict):
                if key in ("do", "while") and "for" in node:
                    names.update(_introduced(node, "for"))
                elif key in ("catch", "foreach"):
                    names.update(_introduced(node, str(key)))
            if _starts_task(path, index) and (start == 0 or path[start] not in _DATA):
                start = index + 1
            node = _child(node, key)
        return start, frozenset(names)


def _starts_task(path: Path, index: int) -> bool:
    return index >= 2 and isinstance(path[index - 1], int) and path[index - 2] in _LISTS and index + 1 < len(path)


def _child(node: Any, key: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(key)
    return node[key] if isinstance(node, list) and isinstance(key, int) and key < len(node) else None


def _introduced(node: dict[str, Any], key: str) -> Iterable[str]:
    """Give the variables that a key of a task defines for what is inside of it."""
    holder = node.get(key)
    if not isinstance(holder, dict):
        return ()
    names = {
        "for": ("each", "item", "at", "index"),
        "foreach": ("item", "item", "at", "index"),
        "catch": ("as", "error"),
    }
    parts = names[key]
    given = [holder.get(part, default) for part, default in zip(parts[::2], parts[1::2], strict=True)]
    return [name for name in given if isinstance(name, str)]


def _of_workflow(path: Path) -> frozenset[str]:
    if path[:1] == ("document",):
        # The key of a concurrency limit: what the engine looks at before the run begins.
        return _RUN - {"secrets"}
    return _RUN | {"context"} if path[:1] == ("output",) else _RUN | {"input"} if path[:1] == ("timeout",) else _RUN


def _of_tool(inside: Path) -> frozenset[str]:
    """Give what a tool of an agent may use beside: what the model gave."""
    is_tool = inside[:2] == ("with", "tools") and inside[3:4] in (("with",), ("workflow",))
    return frozenset({"arguments"}) if is_tool else frozenset()


def _of_task(inside: Path) -> frozenset[str]:
    if inside[0] == "if" or inside[0] == "input":
        return _BEFORE_INPUT
    if inside[0] == "export" or inside[:2] == ("foreach", "export"):
        return _AFTER_OUTPUT
    return _TASK
