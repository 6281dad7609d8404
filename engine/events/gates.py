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
    """Of a schedule: it starts the run `run_id` with `input`."""

    run_id: str
    input: str
