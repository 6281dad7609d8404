"""Moments of a run: an event's number, an offset of its partition, or an instant; each means the state after an event.

`17` is after event 17. `offset:1200` is after the last commit of the run at or before offset 1200 of its partition.
`2026-11-22T21:00:00Z` is after the last commit at or before that instant.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.events_json import instant
from api.problems import Problem, bad_request, unavailable, unprocessable
from api.runs import Runs, store_away
from engine.events import Commit
from engine.state import RunState
from infra.errors import Unreachable
from schemas.codec import decode_as
from schemas.partitioning import partition_of

_NUMBER = re.compile(r"\d{1,18}")
_OFFSET = re.compile(r"offset:(\d{1,18})")
_EXPECTED = "expected the number of an event, offset:N, or an instant such as 2026-11-22T21:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One of three ways to name a moment."""

    seq: int | None = None
    offset: int | None = None
    at_ms: int | None = None

    def has(self, offset: int, at_ms: int) -> bool:
        """Tell whether a commit at this place was there at the moment."""
        return offset <= self.offset if self.offset is not None else at_ms <= (self.at_ms or 0)


def parse_moment(text: str) -> Moment:
    """Give the moment that `text` names. Raises a 400 problem."""
    if _NUMBER.fullmatch(text):
        return Moment(seq=int(text))
    if found := _OFFSET.fullmatch(text):
        return Moment(offset=int(found[1]))
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise bad_request(f"{_EXPECTED}; found {text[:100]!r}")
    return Moment(at_ms=int(at.timestamp() * 1000))


def past(at: datetime | None) -> datetime | None:
    """Give an instant that lists are asked for as of. Raises a 422 problem for one that is still to come."""
    if at is not None and at.timestamp() > time.time() + 1:
        now = instant(int(time.time() * 1000))
        raise unprocessable("outside-the-log", f"{at.isoformat()} is still to come; it is {now}", valid={"to": now})
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Finds states of the past. `positions` gives the next offset of each partition of the events topic."""

    runs: Runs
    positions: Callable[[], Mapping[int, int]]

    async def state(self, run_id: str, at: str) -> RunState:
        """Give the state of a run at a moment. Raises a 404 problem with the valid range when it has none there."""
        moment = parse_moment(at)
        newest = await self.runs.state(run_id)
        seq = moment.seq if moment.seq is not None else await self._seq(newest, moment)
        if not 1 <= seq <= newest.seq:
            raise await self._outside(newest, at)
        return newest if seq == newest.seq else await self.runs.state_at(run_id, seq)

    async def _seq(self, newest: RunState, moment: Moment) -> int:
        """Give the number of the last event at the moment, 0 when the run had none yet."""
        if self._is_to_come(newest.run_id, moment):
            raise await self._outside(newest, "a moment that is still to come")
        recent = self._recent(newest.run_id)
        there = [commit for offset, commit in recent if moment.has(offset, commit.at_ms)]
        if there:
            return there[-1].seq + len(there[-1].events) - 1
        if recent and recent[0][1].seq == 1:
            return 0
        try:
            found = await self.runs.store.seq_at(newest.run_id, moment.offset, moment.at_ms)
        except Unreachable as error:
            raise store_away(error) from None
        if found is None:
            raise unavailable("the snapshots are behind: that moment is not known yet")
        return min(found, recent[0][1].seq - 1) if recent else min(found, newest.seq)

    def _is_to_come(self, run_id: str, moment: Moment) -> bool:
        if moment.at_ms is not None:
            return moment.at_ms > time.time() * 1000 + 1000
        positions = self.positions()
        partition = partition_of(run_id.encode(), max(1, len(positions)))
        return (moment.offset or 0) >= positions.get(partition, 2**60)

    def _recent(self, run_id: str) -> list[tuple[int, Commit]]:
        placed = self.runs.recent.placed(run_id.encode())
        return [(offset, decode_as(Commit, value)) for offset, value in placed]

    async def _outside(self, newest: RunState, what: str) -> Problem:
        recent = self._recent(newest.run_id)
        first = recent[0][0] if recent and recent[0][1].seq == 1 else None
        if first is None:
            try:
                first = await self.runs.store.first_offset(newest.run_id)
            except Unreachable:
                first = None
        valid: dict[str, Any] = {"first": 1, "last": newest.seq, "from": instant(newest.started_at_ms)}
        began = "" if first is None else f", in its partition from offset {first}"
        if first is not None:
            valid["first_offset"] = first
        return Problem(
            status=404,
            kind="outside-the-run",
            detail=f"run {newest.run_id[:100]} has the events 1 to {newest.seq}, from {valid['from']}{began} until now;"
            f" not {what[:100]}",
            extra={"valid": valid},
        )
