"""A rebuild of one partition from an offset on: what lies before is kept, what comes after is folded from the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.chain import digest
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.snapshot import load
from infra.errors import RecordsMissing
from infra.generation_tail import Tail
from infra.snapshot_rows import TimerRow, storable
from schemas.codec import decode_as
from streams.snapshots.projection import live_timers

ValuesAt = Callable[[int, Sequence[int]], list[bytes | None]]


def begin_tail(tail: Tail, values_at: ValuesAt, live_offset: int | None) -> None:
    """Take what lies before the tail from the live tables. Raises `RecordsMissing` with the valid range."""
    if live_offset is None or not 0 < tail.below <= live_offset:
        last = -1 if live_offset is None else live_offset
        raise RecordsMissing(
            f"Partition {tail.partition}: expected an offset from 1 to {last}, where Postgres is, found {tail.below};"
            " without an offset the whole partition is rebuilt"
        )
    offset = tail.last_commit()
    if offset is None:
        tail.seed(b"", -1)
        return
    (value,) = values_at(tail.partition, [offset])
    tail.seed(digest(value or b""), decode_as(Commit, value).command_offset)


def settle_tail(tail: Tail) -> None:
    """Complete what the fold of a tail cannot know. Raises `CorruptHistory` when it does not continue the chain."""
    run_ids: list[str] = []
    timers: list[TimerRow] = []
    for run_id, text in tail.states():
        run_ids.append(run_id)
        timers += [
            TimerRow(run_id, storable(id_), tail.partition, storable(timer.path), timer.purpose, timer.fire_at_ms)
            for id_, timer in live_timers(load(text)).items()
        ]
    tail.settle(run_ids, timers)
    live, fresh = tail.heads()
    if live != fresh:
        raise CorruptHistory(
            f"partition {tail.partition}: what Postgres has before offset {tail.below} is not what the log says;"
            " rebuild the whole partition"
        )
