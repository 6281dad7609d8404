"""What an approval asks for, read from the evaluated `with` of the task: checked, with every default in place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from engine.decide.faults import Fault, standard_error
from engine.definition.durations import duration_ms

TITLE_MAX = 500
NAME_MAX = 320
#: Most names, parts of the context, reminders, steps and channels one approval may have.
MOST = {"assignees": 100, "groups": 50, "context": 50, "reminders": 50, "escalation": 20, "channels": 10}
PARTS = ("markdown", "text", "table", "link", "diff", "image", "json")
ON_TIMEOUT = ("fault", "reject", "escalate", "approve")
ON_REJECT = ("output", "fault")
KNOWN = frozenset(
    {
        "title", "context", "form", "ui", "assignees", "groups", "quorum", "selfApproval", "deadline", "reminders",
        "escalation", "onTimeout", "onReject", "channel", "channels",
    }
)  # fmt: skip

#: Gives the problems of a JSON Schema (JSON text), empty when it can be used.
SchemaFaults = Callable[[str], list[str]]


def read_terms(given: Any, schema_faults: SchemaFaults) -> dict[str, Any]:
    """Give the request of an approval from an evaluated `with`. Raises `Fault` that says what is wrong where."""
    if not isinstance(given, Mapping):
        _wrong("with", "an object", given)
    unknown = sorted(set(given) - KNOWN)
    if unknown:
        _wrong("with", f"some of {', '.join(sorted(KNOWN))}", unknown)
    escalation = [_step(part, f"escalation[{i}]") for i, part in enumerate(_many(given, "escalation"))]
    return {
        "title": _title(given),
        "context": [_part(part, f"context[{i}]") for i, part in enumerate(_many(given, "context"))],
        "form": _form(given.get("form"), schema_faults),
        "ui": _object(given, "ui"),
        "assignees": _names(given, "assignees"),
        "groups": _names(given, "groups"),
        "quorum": _quorum(given),
        "selfApproval": _boolean(given, "selfApproval"),
        "deadlineMs": _duration(given["deadline"], "deadline") if given.get("deadline") is not None else 0,
        "remindersMs": _reminders(given.get("reminders")),
        "escalation": escalation,
        "onTimeout": _one_of(given, "onTimeout", ON_TIMEOUT),
        "onReject": _one_of(given, "onReject", ON_REJECT),
        "channels": [_channel(part, f"channels[{i}]") for i, part in enumerate(_channels(given))],
    }


def _wrong(where: str, expected: str, found: Any) -> NoReturn:
    text = json.dumps(found, ensure_ascii=False, default=str)[:120]
    raise Fault(standard_error("configuration", f"human_approval, {where}: expected {expected}, found {text}"))


def _many(given: Mapping[str, Any], name: str) -> list[Any]:
    """Give a list; one thing alone counts as a list of it."""
    found = given.get(name)
    items = [] if found is None else found if isinstance(found, list) else [found]
    if len(items) > MOST[name]:
        _wrong(name, f"at most {MOST[name]}", len(items))
    return items


def _title(given: Mapping[str, Any]) -> str:
    found = given.get("title")
    if not isinstance(found, str) or not found.strip() or len(found) > TITLE_MAX:
        _wrong("title", f"a text of 1 to {TITLE_MAX} characters", found)
    return found


def _part(part: Any, where: str) -> dict[str, Any]:
    if isinstance(part, str):
        return {"markdown": part}
    if not isinstance(part, dict) or len(kinds := [kind for kind in PARTS if kind in part]) != 1:
        _wrong(where, f"a text, or an object with one of {', '.join(PARTS)}", part)
    kind, content = kinds[0], part[kinds[0]]
    match kind:
        case "markdown" | "text" if not isinstance(content, str):
            _wrong(f"{where}.{kind}", "a text", content)
        case "link" if not (isinstance(content, dict) and _is_address(content.get("href"))):
            _wrong(f"{where}.link", "{href: an address with http(s) or mailto, title: text}", content)
        case "image" if not (isinstance(content, dict) and _is_address(content.get("src"), images=True)):
            _wrong(f"{where}.image", "{src: an address with https, or data:image/png, alt: text}", content)
        case "diff" if not (isinstance(content, dict) and {"before", "after"} <= set(content)):
            _wrong(f"{where}.diff", "{before, after}", content)
        case "table" if not _is_table(content):
            _wrong(f"{where}.table", "rows: a list of objects, or {columns: [...], rows: [[...]]}", content)
    return {name: part[name] for name in (kind, "title") if name in part}


def _is_address(found: Any, *, images: bool = False) -> bool:
    allowed = ("https://", "http://", "data:image/png;base64,", "data:image/jpeg;base64,") if images else (
        "https://", "http://", "mailto:")  # fmt: skip
    return isinstance(found, str) and found.lower().startswith(allowed)


def _is_table(found: Any) -> bool:
    if isinstance(found, dict):
        columns, rows = found.get("columns"), found.get("rows")
        return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)
    return isinstance(found, list) and all(isinstance(row, dict) for row in found)


def _form(form: Any, schema_faults: SchemaFaults) -> dict[str, Any] | None:
    if form is None:
        return None
    if not isinstance(form, dict):
        _wrong("form", "a JSON Schema as an object", form)
    faults = schema_faults(json.dumps(form))
    if faults:
        _wrong("form", "a JSON Schema", faults[0])
    return form


def _object(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = given.get(name) or {}
    if not isinstance(found, dict):
        _wrong(name, "an object", found)
    return found


def _names(given: Mapping[str, Any], name: str) -> list[str]:
    found = _many(given, name)
    for each in found:
        if not isinstance(each, str) or not each.strip() or len(each) > NAME_MAX:
            _wrong(name, "names of people or groups", each)
    return list(dict.fromkeys(each.strip() for each in found))


def _quorum(given: Mapping[str, Any]) -> int:
    found = given.get("quorum", 1)
    if type(found) is not int or not 1 <= found <= MOST["assignees"]:
        _wrong("quorum", f"a whole number from 1 to {MOST['assignees']}", found)
    people = len(_names(given, "assignees"))
    if people and not _names(given, "groups") and found > people and not given.get("escalation"):
        _wrong("quorum", f"at most {people}, as many as there are assignees", found)
    return found


def _boolean(given: Mapping[str, Any], name: str) -> bool:
    found = given.get(name, True)
    if not isinstance(found, bool):
        _wrong(name, "true or false", found)
    return found


def _one_of(given: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    found = given.get(name, allowed[0])
    if found not in allowed:
        _wrong(name, f"one of {', '.join(allowed)}", found)
    return str(found)


def _duration(found: Any, where: str) -> int:
    try:
        return duration_ms(found)
    except ValueError as error:
        raise Fault(standard_error("configuration", f"human_approval, {where}: {error}")) from error


def _reminders(found: Any) -> list[int]:
    """Give when to remind, as milliseconds after the opening."""
    if isinstance(found, dict) and "every" in found:
        every, times = _duration(found["every"], "reminders.every"), found.get("times", 3)
        if type(times) is not int or not 1 <= times <= MOST["reminders"] or not every:
            _wrong("reminders", f"{{every: a duration, times: 1 to {MOST['reminders']}}}", found)
        return [every * number for number in range(1, times + 1)]
    listed = _many({"reminders": found}, "reminders")
    return sorted(_duration(each, f"reminders[{i}]") for i, each in enumerate(listed))


def _step(part: Any, where: str) -> dict[str, Any]:
    if not isinstance(part, dict) or set(part) - {"after", "assignees", "groups"}:
        _wrong(where, "{after: a duration, assignees: [...], groups: [...]}", part)
    people, groups = _names(part, "assignees"), _names(part, "groups")
    if not people and not groups:
        _wrong(where, "assignees or groups to ask", part)
    after = _duration(part["after"], f"{where}.after") if part.get("after") is not None else 0
    return {"afterMs": after, "assignees": people, "groups": groups}


def _channels(given: Mapping[str, Any]) -> list[Any]:
    if "channel" in given and "channels" in given:
        _wrong("channel", "either channel or channels", "both")
    return _many({"channels": given.get("channel", given.get("channels"))}, "channels")


def _channel(part: Any, where: str) -> dict[str, Any]:
    """Give a channel: its name, or an object of its name and settings."""
    if isinstance(part, str) and part:
        return {"name": part, "with": {}}
    if isinstance(part, dict) and len(part) == 1:
        ((name, settings),) = part.items()
        if isinstance(settings, dict):
            return {"name": name, "with": settings}
    _wrong(where, "a channel's name, or {NAME: {its settings}}", part)
