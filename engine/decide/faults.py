"""Errors of a run, as RFC 7807 objects of the standard's types."""

from __future__ import annotations

import json
from typing import Any

BASE = "https://serverlessworkflow.io/spec/1.0.0/errors/"

#: Other addresses under which documents name the same types.
_ALIASES = (
    BASE,
    "https://serverlessworkflow.io/dsl/errors/types/",
    "https://serverlessworkflow.io.io/dsl/errors/types/",
)

_STANDARD = {
    "configuration": (400, "Configuration Error"),
    "validation": (400, "Validation Error"),
    "expression": (400, "Expression Error"),
    "authentication": (401, "Authentication Error"),
    "authorization": (403, "Authorization Error"),
    "timeout": (408, "Timeout"),
    "communication": (500, "Communication Error"),
    "runtime": (500, "Runtime Error"),
}


class Fault(Exception):
    """The task being worked on ends by `error`."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.error = error
        super().__init__(error.get("title", ""))


class Parked(Exception):
    """The step waits for an evaluation outside: of `source`, whose input and variables are in `data`."""

    def __init__(self, slot: str, source: str, data: str) -> None:
        self.slot, self.source, self.data = slot, source, data
        super().__init__(slot)


class ParkedCheck(Parked):
    """The step waits for a validation outside: of `data` against the JSON Schema in `source`."""


def standard_error(kind: str, detail: str) -> dict[str, Any]:
    """Give an error of a standard type, without its instance."""
    status, title = _STANDARD[kind]
    return {"type": f"{BASE}{kind}", "status": status, "title": title, "detail": detail}


def canonical_type(uri: object) -> object:
    """Give the standard's present address of an error type, where it has one."""
    if isinstance(uri, str):
        for base in _ALIASES:
            if uri.startswith(base) and uri[len(base) :] in _STANDARD:
                return BASE + uri[len(base) :]
    return uri


def complete(error: dict[str, Any], instance: str) -> dict[str, Any]:
    """Give the error with all an RFC 7807 object must have: type, status and the instance, a JSON Pointer."""
    full = {"type": "about:blank", "status": 500, **error}
    full.setdefault("instance", instance)
    return full


def matches(error: dict[str, Any], filters: tuple[tuple[str, Any], ...]) -> bool:
    """Tell whether the error has every property the filter names, with an equal value."""
    for name, wanted in filters:
        found = error.get(name)
        if name == "type":
            wanted, found = canonical_type(wanted), canonical_type(found)
        if found != wanted and not (isinstance(wanted, str) and str(found) == wanted):
            return False
    return True


def text(error: dict[str, Any]) -> str:
    """Give an error as JSON text."""
    return json.dumps(error, separators=(",", ":"), ensure_ascii=False)
