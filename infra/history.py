"""The commits of one run, read from Kafka at the places Postgres knows, and the states in between.

Postgres says where a run's commits lie (`run_commits`); Kafka holds them. What the snapshots stage has not written yet
is found by reading the partition from the watermark to its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from engine.chain import Chain
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.replay import fold, new_state
from engine.snapshot import State, dump, load
from infra.errors import RecordsMissing
from infra.event_log import EventLog
from infra.read_models import Runs, StateAt
from infra.snapshot_rows import Watermark, text_hash
from schemas.codec import MalformedRecord, decode_as

LOG = logging.getLogger(__name__)

#: Commits of a run that are folded in one go.
PAGE = 2000


class History:
    """Reads histories. Raises `Unreachable` while Kafka or Postgres is away, `RecordsMissing` for what the log lost."""

    def __init__(self, runs: Runs, log: EventLog, *, every_commits: int = 200) -> None:
        self._runs = runs
        self._every_commits = every_commits
        self._reader = log.places()

    async def commits(self, run_id: str, from_seq: int = 1, limit: int = 1000) -> list[Commit]:
        """Give commits of a run in order: the one with the event `from_seq`, and those after it, `limit` at most."""
        return [commit for _, commit in await self._placed(run_id, from_seq, limit)]

    async def _placed(
        self, run_id: str, from_seq: int, limit: int, to_seq: int | None = None
    ) -> list[tuple[int, Commit]]:
        places = await self._runs.commit_places(run_id, from_seq=from_seq, to_seq=to_seq, limit=limit)
        if not places:
            return []
        partition, offsets = places[0].partition, [place.log_offset for place in places]
        values = await asyncio.to_thread(self._reader.values_at, partition, offsets)
        return [
            (offset, _commit(value, run_id, (partition, offset))) for value, offset in zip(values, offsets, strict=True)
        ]

    async def state_at(self, run_id: str, seq: int) -> State | None:
        """Give the state after the event `seq`, from the nearest kept state and the events after it.

        `None` when the run has no such event, or it is not in Postgres yet. Snapshots that are damaged or missing on
        the way are put right.
        """
        newest = await self._runs.seq_at(run_id, None, None)
        if newest is None or not 1 <= seq <= newest:
            return None
        kept, damaged = await self._nearest(run_id, seq)
        state = new_state(run_id) if kept is None else load(kept.state)
        await self._fold(state, seq, damaged)
        return state

    async def newest(self, run_id: str) -> StateAt | None:
        """Give the newest state in Postgres. One that is damaged, or gone, is taken from the log and put right."""
        found = await self._runs.newest_state(run_id)
        if found is not None and text_hash(found.state) == found.state_hash:
            return found
        places = await self._runs.commit_places(run_id, limit=1)
        if not places:
            return None
        LOG.warning("run %s is damaged in Postgres; taking it from the log", run_id)
        state = new_state(run_id)
        offset = await self._fold(state, None if found is None else found.seq, frozenset())
        text = dump(state)
        mended = StateAt(seq=state.seq, commit_offset=offset, state=text, state_hash=text_hash(text))
        await self._runs.mend_state(run_id, mended)
        return mended

    async def _nearest(self, run_id: str, seq: int) -> tuple[StateAt | None, frozenset[int]]:
        """Give the newest snapshot that is as it was written, and the events of damaged ones after it."""
        damaged: set[int] = set()
        below = seq
        while (kept := await self._runs.kept_state(run_id, below)) is not None:
            if text_hash(kept.state) == kept.state_hash:
                break
            LOG.warning("the snapshot of run %s after event %d is damaged; taking it from the log", run_id, kept.seq)
            damaged.add(kept.seq)
            below = kept.seq - 1
        return kept, frozenset(damaged)

    async def _fold(self, state: State, seq: int | None, damaged: frozenset[int]) -> int:
        """Fold up to `seq`, or all, and keep states that are damaged or missing. Give the offset of the last commit."""
        offset, folded = -1, 0
        while seq is None or state.seq < seq:
            before = state.seq
            for offset, commit in await self._placed(state.run_id, state.seq + 1, PAGE, seq):
                folded += 1
                _fold_until(state, commit, seq)
                is_whole = state.seq == commit.seq + len(commit.events) - 1
                if is_whole and (state.seq in damaged or folded % self._every_commits == 0):
                    await self._keep(state, offset)
                if state.seq == seq:
                    break
            if state.seq == before:
                if seq is None:
                    break
                raise RecordsMissing(
                    f"Run {state.run_id}: expected event {before + 1}, found no commit with it in Postgres"
                )
        return offset

    async def _keep(self, state: State, offset: int) -> None:
        text = dump(state)
        kept = StateAt(seq=state.seq, commit_offset=offset, state=text, state_hash=text_hash(text))
        await self._runs.keep_state(state.run_id, kept)

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


def _fold_until(state: State, commit: Commit, seq: int | None) -> None:
    """Fold those events of a commit that `state` has not, up to the one with the number `seq`."""
    for number, event in enumerate(commit.events, start=commit.seq):
        if state.seq < number and (seq is None or number <= seq):
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
