"""What the orchestrator needs from Postgres, as seen from here. `infra/snapshots_store.py` has it, by these names.

Every method is an ordinary blocking call and ends within about 5 s: it raises `ConnectionError` when Postgres cannot be
reached or does not answer by then. Postgres is an index and a cache: with it away, the orchestrator reads the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Watermark(Protocol):
    """How much of a partition of the events topic Postgres holds, written in one transaction with its rows."""

    @property
    def offset(self) -> int:
        """Offset of the last record of the events topic that was read, accepted or skipped."""
        ...

    @property
    def head(self) -> bytes:
        """Digest of the last accepted commit at or below `offset`; empty when there is none."""
        ...

    @property
    def command_offset(self) -> int:
        """`command_offset` of the last accepted commit at or below `offset`; -1 when there is none."""
        ...


class StoredRun(Protocol):
    """The newest state Postgres has of a run."""

    @property
    def run_id(self) -> str:
        """Id of the run, gate or schedule."""
        ...

    @property
    def offset(self) -> int:
        """Offset of the last commit that is in `state`. May be above a watermark that was read before."""
        ...

    @property
    def state(self) -> str:
        """Text given by `engine.snapshot.dump`."""
        ...


class StoredTimer(Protocol):
    """A timer that is live in the newest state of its run."""

    @property
    def run_id(self) -> str:
        """Id of the run, gate or schedule it belongs to."""
        ...

    @property
    def timer_id(self) -> str:
        """Id of the timer within its run."""
        ...

    @property
    def fire_at_ms(self) -> int:
        """The instant it is due, Unix milliseconds."""
        ...


class SnapshotSource(Protocol):
    """Reads what the snapshots stage wrote. One instance belongs to one process and is used from one thread."""

    def watermark(self, partition: int) -> Watermark | None:
        """Give the watermark of a partition, `None` when Postgres has nothing of it."""
        ...

    def load_runs(self, partition: int, run_ids: Sequence[str]) -> Mapping[str, StoredRun]:
        """Give the newest states of those of `run_ids` that Postgres knows, by run id, in one query."""
        ...

    def timers_due(self, partition: int, until_ms: int) -> Sequence[StoredTimer]:
        """Give the live timers of a partition that are due at or before `until_ms`, in no order."""
        ...

    def close(self) -> None:
        """Close the connection, if one is open."""
        ...
