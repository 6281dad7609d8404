"""The lists of tasks in a document. Takes any data: what has not the right shape is passed over, `shape` reports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from language.places import Path


class ListKind(Enum):
    """How the tasks of a list relate to each other."""

    SEQUENCE = auto()
    BRANCHES = auto()
    FUNCTIONS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTask:
    """A task, where it is, and its name."""

    path: Path
    name: str
    task: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """The tasks of one list, in order. Tasks of a wrong shape are left out of `tasks`, but not out of `names`."""

    path: Path
    kind: ListKind
    tasks: tuple[NamedTask, ...]
    names: tuple[tuple[Path, str], ...]


def task_lists(data: dict[str, Any]) -> Iterator[TaskList]:
    """Give every list of tasks in a document, outer ones before the ones inside of them."""
    waiting = [*_roots(data)]
    while waiting:
        path, value, kind = waiting.pop()
        found = _functions(path, value) if kind is ListKind.FUNCTIONS else _task_list(path, value, kind)
        yield found
        for named in found.tasks:
            waiting.extend(_inside(named))


_Part = tuple[Path, Any, ListKind]


def _roots(data: dict[str, Any]) -> Iterator[_Part]:
    yield ("do",), data.get("do"), ListKind.SEQUENCE
    used = _mapping(data.get("use"))
    yield ("use", "functions"), used.get("functions"), ListKind.FUNCTIONS
    extensions = used.get("extensions")
    for index, item in enumerate(extensions if isinstance(extensions, list) else ()):
        for name, extension in _mapping(item).items():
            for when in ("before", "after"):
                path = ("use", "extensions", index, name, when)
                yield path, _mapping(extension).get(when), ListKind.SEQUENCE


def _task_list(path: Path, value: Any, kind: ListKind) -> TaskList:
    items = value if isinstance(value, list) else []
    entries = [
        ((*path, index, name), name, task) for index, item in enumerate(items) for name, task in _mapping(item).items()
    ]
    return _listed(path, kind, entries)


def _functions(path: Path, value: Any) -> TaskList:
    return _listed(path, ListKind.FUNCTIONS, [((*path, name), name, task) for name, task in _mapping(value).items()])


def _listed(path: Path, kind: ListKind, entries: list[tuple[Path, str, Any]]) -> TaskList:
    return TaskList(
        path=path,
        kind=kind,
        tasks=tuple(NamedTask(path=at, name=name, task=task) for at, name, task in entries if isinstance(task, dict)),
        names=tuple((at, name) for at, name, _ in entries),
    )


def _inside(named: NamedTask) -> Iterator[_Part]:
    """Give the lists of tasks that a task holds."""
    task, path = named.task, named.path
    for key in ("do", "try", "finally"):
        if key in task:
            yield (*path, key), task[key], ListKind.SEQUENCE
    for key, inner, kind in (
        ("catch", "do", ListKind.SEQUENCE),
        ("foreach", "do", ListKind.SEQUENCE),
        ("fork", "branches", ListKind.BRANCHES),
    ):
        holder = _mapping(task.get(key))
        if inner in holder:
            yield (*path, key, inner), holder[inner], kind
    yield from _inside_subscription(task, path)


def _inside_subscription(task: dict[str, Any], path: Path) -> Iterator[_Part]:
    if task.get("call") == "asyncapi":
        each = _mapping(_mapping(_mapping(task.get("with")).get("subscription")).get("foreach"))
        if "do" in each:
            yield (*path, "with", "subscription", "foreach", "do"), each["do"], ListKind.SEQUENCE


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
