"""What is stored: Postgres for states, lists and counts, and the events topic for the commits that it points at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.events import Commit
from engine.snapshot import State
from infra.history import History
from infra.read_models import DeadLetterRow, Definitions, RunCount, RunFilter, RunPage, Runs, RunSort, StateAt

#: What the watermarks table calls the events topic, whatever its prefix.
WATERMARKS_OF = "events"


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """A `Store` over the read models."""

    runs: Runs
    progress: Definitions
    history: History

    async def state(self, run_id: str) -> StateAt | None:
        """Give the newest state of a run that is stored."""
        return await self.history.newest(run_id)

    async def state_at(self, run_id: str, seq: int) -> State | None:
        """Give the state after the event `seq`, if that is stored."""
        return await self.history.state_at(run_id, seq)

    async def seq_at(self, run_id: str, offset: int | None, at_ms: int | None) -> int | None:
        """Give the last event of a run at or before an offset and an instant, 0 for none; `None` for no such run."""
        return await self.runs.seq_at(run_id, offset, at_ms)

    async def first_offset(self, run_id: str) -> int | None:
        """Give the offset of a run's first commit."""
        return await self.runs.first_offset(run_id)

    async def commits(self, run_id: str, from_seq: int, limit: int) -> Sequence[Commit]:
        """Give commits of a run in order."""
        return await self.history.commits(run_id, from_seq, limit)

    async def reached(self) -> dict[int, int]:
        """Give, by partition of the events topic, the offset up to which everything is stored."""
        return {
            found.partition: found.log_offset
            for found in await self.progress.progress()
            if found.topic == WATERMARKS_OF
        }

    async def page(self, wanted: RunFilter, sort: RunSort, after: str | None, limit: int) -> RunPage:
        """Give runs in pages."""
        return await self.runs.page(wanted, sort, after=after, limit=limit)

    async def counts(self) -> Mapping[str, int]:
        """Give the number of runs by status."""
        numbers: Counter[str] = Counter()
        for found in await self.runs.counts():
            numbers[found.status] += found.runs
        return numbers

    async def run_counts(self, wanted: RunFilter) -> Sequence[RunCount]:
        """Give the number of runs by definition and status."""
        return await self.runs.counts(wanted)

    async def dead_letters(self, after: str | None, limit: int) -> tuple[Sequence[DeadLetterRow], str | None]:
        """Give dead letters, newest first, and the cursor of the next page."""
        return await self.progress.dead_letters(after=after, limit=limit)
