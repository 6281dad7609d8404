"""Where tasks go on: names are unique in their list, and `then` stays in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from language.places import Path, pointer
from language.problems import Findings
from language.tree import ListKind, TaskList
from language.words import shortened

DIRECTIVES = ("continue", "exit", "end")
_ALONE = {
    ListKind.BRANCHES: "branches run side by side, so none can go on to another",
    ListKind.FUNCTIONS: "a function has no tasks after it",
}


def check_flow(lists: list[TaskList], findings: Findings) -> None:
    """Check names and `then` in every list of tasks."""
    everywhere = {name for tasks in lists for _, name in tasks.names}
    for tasks in lists:
        _check_names(tasks, findings)
        _check_targets(tasks, everywhere, findings)


def _check_names(tasks: TaskList, findings: Findings) -> None:
    first: dict[str, Path] = {}
    for path, name in tasks.names:
        if name in first:
            line = findings.document.place(pointer(first[name])).key_line
            message = f'the name "{shortened(name)}" is already taken in this list, on line {line}; choose another one'
            findings.at_key(path, message, expected="a name of its own", found=f'"{name}"')
        first.setdefault(name, path)


def _check_targets(tasks: TaskList, everywhere: set[str], findings: Findings) -> None:
    own = {name: None for _, name in tasks.names} if tasks.kind is ListKind.SEQUENCE else {}
    for named in tasks.tasks:
        for path, target in _targets(named.task, named.path):
            if target in DIRECTIVES or target in own or not target:
                continue
            reason = _reason(target, tasks.kind, everywhere)
            hint = findings.suggestions.hint(target, [*own, *DIRECTIVES])
            message = f'"then" goes to "{shortened(target)}", {reason}{hint}'
            findings.at_value(path, message, expected="a task of the same list, continue, exit or end", found=target)


def _reason(target: str, kind: ListKind, everywhere: set[str]) -> str:
    if kind in _ALONE:
        return f"but {_ALONE[kind]}: write continue, exit or end"
    if target in everywhere:
        return "which is in another list; a task can go on only to tasks of its own list"
    return "but there is no such task in this list"


def _targets(task: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """Give every `then` of a task, the ones of its cases included."""
    if isinstance(task.get("then"), str):
        yield (*path, "then"), task["then"]
    cases = task.get("switch")
    for index, item in enumerate(cases if isinstance(cases, list) else ()):
        for name, case in item.items() if isinstance(item, dict) else ():
            if isinstance(case, dict) and isinstance(case.get("then"), str):
                yield (*path, "switch", index, name, "then"), case["then"]


def check_cases(lists: list[TaskList], findings: Findings) -> None:
    """Check the cases of every `switch`: names are unique, and at most one case is the default."""
    for tasks in lists:
        for named in tasks.tasks:
            _check_switch(named.task.get("switch"), (*named.path, "switch"), findings)


def _check_switch(cases: Any, path: Path, findings: Findings) -> None:
    seen: set[str] = set()
    default = ""
    for index, item in enumerate(cases if isinstance(cases, list) else ()):
        for name, case in item.items() if isinstance(item, dict) else ():
            at = (*path, index, name)
            if name in seen:
                findings.at_key(at, f'this switch already has a case "{shortened(name)}"; choose another name')
            seen.add(name)
            if isinstance(case, dict) and "when" not in case:
                if default:
                    message = (
                        f'"{shortened(name)}" has no "when", but "{shortened(default)}" is the default case already'
                    )
                    findings.at_key(at, message, expected='"when"', found="nothing")
                default = default or name
