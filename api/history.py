"""A run's stored history: Postgres knows where its commits lie, the events topic has them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.events import Commit
from infra.event_log import EventLog
from infra.read_models import CommitPlace, Runs
from schemas.codec import decode_as

#: Records of other runs that are read over rather than beginning anew behind them.
GAP_RECORDS = 2_000


@dataclass(frozen=True, slots=True)
class History:
    """Reads commits by the places that the snapshots stage noted."""

    runs: Runs
    log: EventLog

    async def commits(self, run_id: str, from_seq: int, limit: int) -> Sequence[Commit]:
        """Give commits in order: the one with the event `from_seq`, and those after it. Raises `Unreachable`."""
        places = await self.runs.commit_places(run_id, from_seq=from_seq, limit=limit)
        return await asyncio.to_thread(lambda: [commit for near in neighbours(places) for commit in self._read(near)])

    def _read(self, near: Sequence[CommitPlace]) -> Iterator[Commit]:
        wanted = {place.log_offset for place in near}
        for batch in self.log.read(near[0].partition, near[0].log_offset, near[-1].log_offset + 1):
            yield from (decode_as(Commit, record.value) for record in batch if record.offset in wanted)


def neighbours(places: Sequence[CommitPlace]) -> Iterator[list[CommitPlace]]:
    """Yield places in groups that are cheaper to read in one go."""
    group: list[CommitPlace] = []
    for place in places:
        if group and place.log_offset - group[-1].log_offset > GAP_RECORDS:
            yield group
            group = []
        group.append(place)
    if group:
        yield group
