"""The standard's lifecycle CloudEvents of runs and tasks, made from our own events."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine import events as e
from engine.events import Commit, Event
from engine.instants import iso8601
from engine.paths import pointer
from engine.state import RunState

PREFIX = "io.serverlessworkflow."

_RUN = {
    e.RunStarted: ("started", "startedAt"),
    e.RunSuspended: ("suspended", "suspendedAt"),
    e.RunResumed: ("resumed", "resumedAt"),
    e.RunCancelled: ("cancelled", "cancelledAt"),
    e.RunFaulted: ("faulted", "faultedAt"),
    e.RunCompleted: ("completed", "completedAt"),
}
_TASK = {
    e.TaskStarted: ("started", "startedAt"),
    e.TaskRetried: ("retried", "retriedAt"),
    e.TaskCancelled: ("cancelled", "cancelledAt"),
    e.TaskFaulted: ("faulted", "faultedAt"),
    e.TaskCompleted: ("completed", "completedAt"),
}


def lifecycle_of(state: RunState, commit: Commit) -> list[str]:
    """Give the lifecycle CloudEvents of a commit, as structured JSON."""
    made: list[str] = []
    for number, event in enumerate(commit.events, start=commit.seq):
        made += _cloud_events(state, event, (commit.at_ms, number))
    return made


def _cloud_events(state: RunState, event: Event, when: tuple[int, int]) -> list[str]:
    at_ms, number = when
    at = iso8601(at_ms)
    if (named := _RUN.get(type(event))) is not None:
        verb, key = named
        data: dict[str, object] = {"name": qualified_name(state), key: at, **_run_details(state, event)}
        return [_envelope(state, f"workflow.{verb}.v1", data, (at, number))]
    if (named := _TASK.get(type(event))) is not None:
        verb, key = named
        path = getattr(event, "path")  # noqa: B009 - every event of _TASK has one
        data = {"workflow": qualified_name(state), "task": pointer(path), key: at, **_task_details(event)}
        return [_envelope(state, f"task.{verb}.v1", data, (at, number))]
    return []


def qualified_name(state: RunState) -> str:
    """Give `NAME-RUN.NAMESPACE`, the standard's name of a run."""
    return f"{state.name}-{state.run_id}.{state.namespace}"


def _run_details(state: RunState, event: Event) -> dict[str, object]:
    match event:
        case e.RunStarted():
            return {"definition": {"name": state.name, "namespace": state.namespace, "version": state.version}}
        case e.RunFaulted():
            return {"error": json.loads(event.error)}
        case e.RunCompleted():
            return {"output": json.loads(event.output)}
        case _:
            return {}


def _task_details(event: Event) -> dict[str, object]:
    match event:
        case e.TaskFaulted():
            return {"error": json.loads(event.error)}
        case e.TaskCompleted() if event.output is not None:
            return {"output": json.loads(event.output)}
        case _:
            return {}


def _envelope(state: RunState, kind: str, data: dict[str, object], when: tuple[str, int]) -> str:
    at, number = when
    derived = blake2b(f"{state.run_id}/{number}/{kind}".encode(), digest_size=16).hexdigest()
    event = {
        "specversion": "1.0",
        "id": derived,
        "source": f"/agentos/{state.namespace}/{state.name}",
        "type": f"{PREFIX}{kind}",
        "subject": state.run_id,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)
