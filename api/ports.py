"""What the API needs from outside, as it sees it. `api.app` puts the real things in, the tests put fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from engine.events import Commit
from engine.snapshot import State
from infra.kafka import Watermarks
from infra.log_pages import Following, Reader
from infra.read_models import (
    ApprovalDetail,
    ApprovalFilter,
    ApprovalPage,
    ApprovalSort,
    DeadLetterRow,
    RunCount,
    RunFilter,
    RunPage,
    RunSort,
    StateAt,
)


class Outbox(Protocol):
    """Puts records on topics."""

    @property
    def is_down(self) -> bool:
        """Tell whether no broker can be reached."""
        ...

    def send(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()
    ) -> asyncio.Future[None]:
        """Give a future that is done once the record is in the log. It, or the call, raises `Unreachable`."""
        ...


class Store(Protocol):
    """What Postgres, and through its index the log, know. Every method raises `Unreachable` when it is away."""

    async def state(self, run_id: str) -> StateAt | None:
        """Give the newest state of a run that is stored."""
        ...

    async def state_at(self, run_id: str, seq: int) -> State | None:
        """Give the state after the event `seq`, if that is stored."""
        ...

    async def seq_at(self, run_id: str, offset: int | None, at_ms: int | None) -> int | None:
        """Give the last event of a run at or before an offset and an instant, 0 for none; `None` for no such run."""
        ...

    async def first_offset(self, run_id: str) -> int | None:
        """Give the offset of a run's first commit."""
        ...

    async def commits(self, run_id: str, from_seq: int, limit: int) -> Sequence[Commit]:
        """Give commits of a run in order: the one with the event `from_seq`, and those after it."""
        ...

    async def reached(self) -> dict[int, int]:
        """Give, by partition of the events topic, the offset up to which everything is stored."""
        ...

    async def page(self, wanted: RunFilter, sort: RunSort, after: str | None, limit: int) -> RunPage:
        """Give runs in pages. Raises `InvalidCursor` for a cursor that none of its pages gave."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Give the number of runs by status."""
        ...

    async def run_counts(self, wanted: RunFilter) -> Sequence[RunCount]:
        """Give the number of runs by definition and status. Of `wanted` names, version and `as_of` count."""
        ...

    async def dead_letters(self, after: str | None, limit: int) -> tuple[Sequence[DeadLetterRow], str | None]:
        """Give dead letters, newest first, and the cursor of the next page. Raises `InvalidCursor`."""
        ...


class LogSource(Protocol):
    """Topics as they lie in Kafka. Every method blocks, and raises `Unreachable` while the brokers are away."""

    def ends(self, topic: str) -> Mapping[int, Watermarks]:
        """Give both ends of every partition."""
        ...

    def offsets_at(self, topic: str, at: datetime) -> Mapping[int, int]:
        """Give for every partition the first offset at or after `at`, or its end."""
        ...

    def read(self, topic: str, spans: Mapping[int, tuple[int, int]]) -> Reader:
        """Give a reader of these partitions, each from an offset to before another."""
        ...

    def follow(self, topic: str, starts: Mapping[int, int]) -> Following:
        """Give a follower of these partitions from these offsets on."""
        ...


class Inbox(Protocol):
    """What Postgres knows of approvals. Every method raises `Unreachable` when it is away."""

    async def get(self, run_id: str, approval_id: str) -> ApprovalDetail | None:
        """Give one approval."""
        ...

    async def page(
        self, wanted: ApprovalFilter, sort: ApprovalSort, *, after: str | None = None, limit: int = 50
    ) -> ApprovalPage:
        """Give approvals in pages. Raises `InvalidCursor` for a cursor that none of its pages gave."""
        ...
