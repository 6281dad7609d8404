"""A task under way in this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.messages import CancelTask, DispatchTask
from streams.worker.place import Place

#: Run, path and attempt: what makes two records the same task.
Key = tuple[str, str, int]


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """A task, from its record until it needs nothing more."""

    task: DispatchTask
    #: What makes it the same task as another.
    key: Key
    #: Records to acknowledge when its result is with the log: more than one if it was delivered again meanwhile.
    claims: list[tuple[Place, int]]
    #: When its node began, on the monotonic clock; 0 while it waits.
    began_at: float = 0.0
    #: When it must have ended, Unix milliseconds; 0 for no limit.
    deadline_at_ms: int = 0
    #: Whether the orchestrator may keep a lease on it.
    is_leasable: bool = True
    running: asyncio.Task[None] | None = None
    has_begun: bool = False
    #: Heartbeats sent. From the first on the orchestrator keeps a lease, and the record is acknowledged.
    beats: int = 0
    next_beat_at: float = 0.0
    #: Nobody waits for its result: it was reported, cancelled or handed back.
    is_settled: bool = False


def key_of(record: DispatchTask | CancelTask) -> Key:
    """Give what makes two records the same task."""
    return (record.run_id, record.path, record.attempt)
