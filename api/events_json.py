"""Events as JSON for people and programs: numbered, dated, with their place, and payloads as values, not as text."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import orjson

from engine.events import Commit, EvaluationCompleted, Event, NoticeFailed, RunForked, TimerFired
from engine.paths import pointer

#: Fields whose text is JSON. Errors of evaluators and channels are sentences; every other one is an RFC 7807 object.
JSON_FIELDS = frozenset(
    "input output context data variables items arguments details filters correlation event schedule value error"
    " secret_expressions request receipt assignees groups schema keys"
    " overrides moves reopened".split()
)
_SENTENCES = frozenset({(EvaluationCompleted, "error"), (NoticeFailed, "error")})

#: New lines between the values of a JSON text carry nothing, and would end a line of an event stream.
_TO_ONE_LINE = str.maketrans("\r\n", "  ")


def instant(at_ms: int) -> str:
    """Give Unix milliseconds as an RFC 3339 instant, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_value(text: str | None) -> Any:
    """Give JSON text as a value that is written out as it is; `None` stays null."""
    return None if text is None else orjson.Fragment(text.translate(_TO_ONE_LINE))


def events_of(commit: Commit) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and JSON object of each event of a commit."""
    at = instant(commit.at_ms)
    for seq, event in enumerate(commit.events, start=commit.seq):
        path = _path(event)
        yield (
            seq,
            {
                "run": commit.run_id,
                "seq": seq,
                "type": type(event).__name__,
                "at": at,
                "task": pointer(path),
                "path": path,
                "actor": commit.actor,
                "origin": commit.origin,
                "data": _data(event),
            },
        )


def _path(event: Event) -> str:
    """Give the path of the task instance an event belongs to; a timer's id begins with it."""
    if isinstance(event, TimerFired):
        return event.timer_id.partition("#")[0]
    at: str = getattr(event, "path", "") or getattr(event, "approval_id", "") or getattr(event, "notice_id", "")
    return at.partition("#")[0]


def _data(event: Event) -> dict[str, Any]:
    """Give the event's own fields. The state a fork began with is told by its size: `GET …/state?seq=1` has it."""
    if isinstance(event, RunForked):
        return {**_all_but_state(event), "state_bytes": len(event.state.encode())}
    return _all_of(event)


def _all_but_state(event: RunForked) -> dict[str, Any]:
    return {name: value for name, value in _all_of(event).items() if name != "state"}


def _all_of(event: Event) -> dict[str, Any]:
    return {
        name: json_value(value) if is_json else value
        for name, is_json in _fields(cast("Hashable", type(event)))
        if (value := getattr(event, name)) is not None
    }


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, bool], ...]:
    """Give the names of an event's own fields, and whether each holds JSON text."""
    names = [each.name for each in fields(cast("type[Event]", kind)) if each.name != "path"]
    return tuple((name, name in JSON_FIELDS and (kind, name) not in _SENTENCES) for name in names)
