"""Gates and schedules: small processes in the log beside the runs, so that limits and calendars need no other truth.

A gate holds the places below a concurrency limit. Its id is `gate:NAMESPACE/NAME/KEY`. A schedule starts the runs of
a definition with `schedule`; its id is `schedule:NAMESPACE/NAME`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.state import Timer

GATE_PREFIX = "gate:"
SCHEDULE_PREFIX = "schedule:"


@dataclass(slots=True, kw_only=True)
class GateState:
    """Who holds a place and who waits for one, oldest first. Values are the places' limits and policies when asked."""

    run_id: str
    seq: int = 0
    status: str = "running"
    updated_at_ms: int = 0
    limit: int = 0
    holders: dict[str, None] = field(default_factory=dict)
    queue: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ScheduleState:
    """Which version a schedule starts, and when next."""

    run_id: str
    seq: int = 0
    status: str = "running"
    updated_at_ms: int = 0
    namespace: str = ""
    name: str = ""
    version: str = ""
    #: JSON text of the definition's `schedule`.
    schedule: str = "null"
    #: How often it fired: makes the ids of its runs.
    fired: int = 0
    active: bool = False
    timers: dict[str, Timer] = field(default_factory=dict)
