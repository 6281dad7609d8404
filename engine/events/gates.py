"""What happens to gates (concurrency limits) and schedules, which live in the log as processes of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotGranted:
    """Of a gate: the run may begin. `limit` is how many may hold a place at once."""

    run_id: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotQueued:
    """Of a gate: the run waits."""

    run_id: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRefused:
    """Of a gate: the run may not begin."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRevoked:
    """Of a gate: the oldest run is cancelled to make room."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReleased:
    """Of a gate: the run ended or gave up waiting."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleActivated:
    """Of a schedule: this version of the definition is the one that starts."""

    namespace: str
    name: str
    version: str
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDeactivated:
    """Of a schedule: it starts nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFired:
    """Of a schedule: it starts the run `run_id` with `input`.

    Events that came together are the input; `set_id` is the set they were collected in, 0 if there was none, and
    `event_key` that of the last one.
    """

    run_id: str
    input: str
    set_id: int = 0
    event_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCollected:
    """Of a schedule: it took an event, and waits for more until the set is complete.

    An event of an `until` has no text: it counts, but is no part of the input. `correlation` are the set's keys.
    """

    set_id: int
    filter_index: int
    event_key: str
    event: str | None = None
    correlation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSetDropped:
    """Of a schedule: there were too many incomplete sets of events, so it forgot the oldest."""

    set_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRunEnded:
    """Of a schedule with `after`: the run it started last ended."""

    run_id: str
