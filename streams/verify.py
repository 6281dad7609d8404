"""Is Postgres what the log says? Folds partitions from their beginning and compares everything, digest by digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.chain import Chain
from engine.events import Commit
from engine.replay import apply, new_state
from engine.snapshot import State, dump, load
from engine.state import FINAL
from infra.event_log import EventLog
from infra.snapshot_rows import CountKey, PartitionContent, Watermark, storable, text_hash
from infra.snapshots_store import SnapshotReader
from schemas.codec import MalformedRecord, decode_as
from streams.snapshots.fold import LogRecord
from streams.snapshots.projection import count_key, live_timers

#: Mismatches that are listed one by one; the rest is counted.
SHOWN = 20


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What the comparison of one partition found."""

    partition: int
    #: Offset of the last record that was compared, and how many the log has behind it.
    offset: int
    behind: int
    accepted: int
    skipped: int
    malformed: int
    runs: int
    mismatches: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Tell whether Postgres is what the log says."""
        return not self.mismatches


class Refold:
    """Everything a partition says, folded from its first record. Runs that ended are kept as text: it is smaller."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}
        self._ended: dict[str, str] = {}
        self._chain = Chain()
        self.watermark = Watermark()
        self.malformed = 0

    def read(self, records: Iterable[LogRecord]) -> None:
        """Fold records that follow each other. Raises `CorruptHistory`."""
        accepted, skipped = self.watermark.accepted, self.watermark.skipped
        offset, command_offset = self.watermark.offset, self.watermark.command_offset
        for record in records:
            offset = record.offset
            commit = self._accepted(record)
            if commit is None:
                skipped += 1
                continue
            accepted, command_offset = accepted + 1, commit.command_offset
            self._apply(commit)
        self.watermark = Watermark(
            offset=offset, head=self._chain.head, command_offset=command_offset, accepted=accepted, skipped=skipped
        )

    def states(self) -> Iterator[tuple[str, State, str]]:
        """Yield the stored id, state and digest of everything."""
        for run_id, text in self._ended.items():
            yield storable(run_id), load(text), text_hash(text)
        for run_id, state in self._states.items():
            yield storable(run_id), state, text_hash(dump(state))

    def _accepted(self, record: LogRecord) -> Commit | None:
        try:
            commit = decode_as(Commit, record.value)
        except MalformedRecord:
            self.malformed += 1
            return None
        return commit if self._chain.accept(commit.parent, record.value or b"") else None

    def _apply(self, commit: Commit) -> None:
        run_id = commit.run_id
        state = self._states.pop(run_id, None)
        if state is None:
            text = self._ended.pop(run_id, None)
            state = new_state(run_id) if text is None else load(text)
        apply(state, commit)
        if state.status in FINAL:
            self._ended[run_id] = dump(state)
        else:
            self._states[run_id] = state


def verify_partition(log: EventLog, reader: SnapshotReader, partition: int) -> Verdict:
    """Compare one partition, up to what Postgres has of it now. Works while the system runs."""
    content = reader.content(partition)
    ends = log.ends()[partition]
    refold = Refold()
    for batch in log.read(partition, ends.low, min(content.watermark.offset + 1, ends.high)):
        refold.read(batch)
    return Verdict(
        partition=partition,
        offset=content.watermark.offset,
        behind=max(0, ends.high - content.watermark.offset - 1),
        accepted=refold.watermark.accepted,
        skipped=refold.watermark.skipped,
        malformed=refold.malformed,
        runs=len(content.hashes),
        mismatches=mismatches(refold, content),
    )


def verify(log: EventLog, reader: SnapshotReader, partitions: Sequence[int] = ()) -> list[Verdict]:
    """Compare partitions, all of them when none is named."""
    return [verify_partition(log, reader, partition) for partition in partitions or sorted(log.ends())]


def mismatches(refold: Refold, content: PartitionContent) -> list[str]:
    """Give a sentence for each difference between a fold of the log and what Postgres has."""
    hashes: dict[str, str] = {}
    timers: dict[tuple[str, str], int] = {}
    counts: Counter[CountKey] = Counter()
    for run_id, state, digest in refold.states():
        hashes[run_id] = digest
        timers |= {(run_id, storable(id_)): timer.fire_at_ms for id_, timer in live_timers(state).items()}
        if key := count_key(state):
            counts[key] += 1
    return [
        *differences("watermark", {"": refold.watermark}, {"": content.watermark}),
        *differences("indexed commits", {"": refold.watermark.accepted}, {"": content.commits}),
        *differences("state of run", hashes, content.hashes),
        *differences("timer", timers, content.timers),
        *differences("number of runs", counts, content.counts),
    ]


def differences(what: str, expected: Mapping[Any, object], found: Mapping[Any, object]) -> list[str]:
    """Give a sentence for each key whose values differ, the first few of them."""
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    shown = [
        f"{what} {key or ''}: the log says {expected.get(key)}, Postgres has {found.get(key)}" for key in keys[:SHOWN]
    ]
    return [*shown, f"{what}: {len(keys) - SHOWN} more"] if len(keys) > SHOWN else shown
