"""What the reactions to a commit send out. Each is at-least-once with an id derived from the run, path and attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass

from engine.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTask:
    """Work for the workers of `node_type`."""

    run_id: str
    path: str
    attempt: int
    node_type: str
    arguments: str
    secret_expressions: str | None
    deadline_ms: int
    namespace: str
    name: str
    version: str

    @property
    def idempotency_key(self) -> str:
        """`run/path/attempt`: the same for every delivery of this attempt."""
        return f"{self.run_id}{self.path}/{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask:
    """Tell the workers of `node_type` that nobody needs this task any more."""

    run_id: str
    path: str
    attempt: int
    node_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCommand:
    """A command for a run: this one, a child, a parent, a gate or a schedule. Its key is `command.run_id`."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSubscription:
    """The task, or with an empty path the schedule, waits for CloudEvents that match `filters` (JSON array).

    `opened_at_ms` is the timestamp of the command that made it wait: an event that was in the log before is not for it.
    """

    run_id: str
    path: str
    filters: str
    opened_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSubscription:
    """The task no longer waits for CloudEvents. `filters` are those it waited with; `None` in old logs."""

    run_id: str
    path: str
    filters: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishEvent:
    """A CloudEvent in structured JSON for the world: emitted by a task."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """A timer for the orchestrator that owns the run's partition: send `FireTimer` when it is due."""

    run_id: str
    timer_id: str
    fire_at_ms: int


def json_text(value: object) -> str:
    """Give a value as compact JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


Message = DispatchTask | CancelTask | SendCommand | OpenSubscription | CloseSubscription | PublishEvent | SetTimer
