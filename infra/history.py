"""The commits of one run, read from Kafka at the places Postgres knows, and the states in between.

Postgres says where a run's commits lie (`run_commits`); Kafka holds them. What the snapshots stage has not written yet
is found by reading the partition from the watermark to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from engine.chain import Chain
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.replay import fold, new_state
from engine.snapshot import State, load
from infra.errors import RecordsMissing
from infra.event_log import EventLog
from infra.read_models import Runs
from infra.snapshot_rows import Watermark, text_hash
from schemas.codec import MalformedRecord, decode_as

#: Commits of a run that are folded in one go.
PAGE = 2000


class History:
    """Reads histories. Raises `Unreachable` while Kafka or Postgres is away, `RecordsMissing` for what the log lost."""

    def __init__(self, runs: Runs, log: EventLog) -> None:
        self._runs = runs
        self._reader = log.places()

    async def commits(self, run_id: str, from_seq: int = 1, limit: int = 1000) -> list[Commit]:
        """Give commits of a run in order: the one with the event `from_seq`, and those after it, `limit` at most."""
        places = await self._runs.commit_places(run_id, from_seq=from_seq, limit=limit)
        if not places:
            return []
        partition, offsets = places[0].partition, [place.log_offset for place in places]
        values = await asyncio.to_thread(self._reader.values_at, partition, offsets)
        return [_commit(value, run_id, (partition, offset)) for value, offset in zip(values, offsets, strict=True)]

    async def state_at(self, run_id: str, seq: int) -> State | None:
        """Give the state after the event `seq`, from the nearest kept state and the events after it.

        `None` when the run has no such event, or it is not in Postgres yet.
        """
        newest = await self._runs.newest_state(run_id)
        if newest is None or not 1 <= seq <= newest.seq:
            return None
        nearest = await self._runs.nearest_state(run_id, seq)
        # A damaged snapshot is as good as none: the log has everything.
        is_usable = nearest is not None and text_hash(nearest.state) == nearest.state_hash
        state = load(nearest.state) if nearest is not None and is_usable else new_state(run_id)
        while state.seq < seq:
            before = state.seq
            for commit in await self.commits(run_id, state.seq + 1, PAGE):
                _fold_until(state, commit, seq)
            if state.seq == before:
                raise RecordsMissing(f"Run {run_id}: expected event {before + 1}, found no commit with it in Postgres")
        return state

    async def tail(self, run_id: str, partition: int, watermark: Watermark) -> list[Commit]:
        """Give the commits of a run that lie behind the watermark of its partition: not in Postgres yet."""
        return await asyncio.to_thread(self._tail, run_id, partition, watermark)

    async def close(self) -> None:
        """Leave the brokers."""
        await asyncio.to_thread(self._reader.close)

    def _tail(self, run_id: str, partition: int, watermark: Watermark) -> list[Commit]:
        values = self._reader.values_from(partition, watermark.offset + 1)
        return [commit for commit in accepted(values, Chain(watermark.head)) if commit.run_id == run_id]


def accepted(values: Iterable[bytes | None], chain: Chain) -> Iterable[Commit]:
    """Yield the commits that continue `chain`."""
    for value in values:
        try:
            commit = decode_as(Commit, value)
        except MalformedRecord:
            continue
        if value is not None and chain.accept(commit.parent, value):
            yield commit


def _fold_until(state: State, commit: Commit, seq: int) -> None:
    """Fold those events of a commit that `state` has not, up to the one with the number `seq`."""
    for number, event in enumerate(commit.events, start=commit.seq):
        if state.seq < number <= seq:
            fold(state, event, commit.at_ms)


def _commit(value: bytes | None, run_id: str, place: tuple[int, int]) -> Commit:
    try:
        commit = decode_as(Commit, value)
    except MalformedRecord as error:
        raise CorruptHistory(f"run {run_id}: the record at {place} cannot be read: {error.reason}") from error
    if commit.run_id != run_id:
        raise RecordsMissing(
            f"Expected a commit of run {run_id} at {place}, found one of {commit.run_id}: Postgres belongs to another"
            " log; drop the database, it is rebuilt from the log"
        )
    return commit
