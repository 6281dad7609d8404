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
    #: Runs that gave their place back lately, oldest first: a question of theirs that comes late counts for nothing.
    released: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class EventSet:
    """Events that a schedule has taken and that do not suffice yet to start a run."""

    #: JSON object of the correlation keys they share.
    correlation: str | None = None
    #: Which filter took each of the events.
    filters: list[int] = field(default_factory=list)
    #: The events as structured JSON; `None` for one of an `until`, which only counts.
    events: list[str | None] = field(default_factory=list)


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
    #: Filters of the CloudEvents it waits for, JSON text; `None` when it waits for none.
    filters: str | None = None
    #: Incomplete sets of events by number, oldest first, and how many there have been.
    sets: dict[str, EventSet] = field(default_factory=dict)
    sets_begun: int = 0
    #: Keys of the events taken lately, oldest first: none of them is taken again.
    taken: dict[str, None] = field(default_factory=dict)
    #: Run it started last, while that is not known to have ended.
    last_run_id: str | None = None
