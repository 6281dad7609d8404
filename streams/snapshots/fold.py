"""The fold of one partition: which commits fit the chain, what they make of each run, what is not written yet.

Reading is in two steps, so that nothing is half done when Postgres goes away in between: `select` finds the commits
that fit and changes nothing, `apply` folds them once the states they need are there (`missing`, `adopt`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from engine.approvals import Approval
from engine.chain import Chain, digest
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.replay import apply, new_state
from engine.snapshot import State, dump, load
from engine.state import FINAL, RunState
from infra.snapshot_rows import (
    ApprovalRow,
    CommitRow,
    CountKey,
    PartitionBatch,
    PhaseRow,
    SnapshotRow,
    StoredRun,
    TimerRow,
    Watermark,
    storable,
    text_hash,
)
from schemas.codec import MalformedRecord, decode_as
from streams.snapshots.approval_rows import approval_rows
from streams.snapshots.projection import count_key, live_timers, phase_of, run_row

#: Events of a run after which its state is kept, however few commits they came in.
EVENTS_KEPT = 2_000


class LogRecord(Protocol):
    """A record as it lies on the events topic."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def value(self) -> bytes | None:
        """What it holds."""
        ...


class Malformed(NamedTuple):
    """A record that cannot be read, and why."""

    record: LogRecord
    reason: str


@dataclass(slots=True, kw_only=True)
class Selection:
    """What some records of a partition hold: the commits that fit the chain, with their offsets, and the rest."""

    accepted: list[tuple[int, Commit]] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    read: int = 0
    head: bytes = b""
    last_offset: int = -1
    #: Digests of records since the last accepted commit that cannot be read.
    unreadable: frozenset[bytes] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Run:
    """A run in memory, and what Postgres has of it."""

    state: State
    commits: int = 0
    commit_offset: int = -1
    #: How it is counted in Postgres, and which timers it has there, by id and instant.
    counted: CountKey | None = None
    phase: str | None = None
    timers: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    #: Approvals that were open after the last commit.
    approvals: Mapping[str, Approval] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldLimits:
    """How much a fold keeps in memory of what is in Postgres. Bytes are those of the states as text."""

    runs_in_memory: int = 20_000
    bytes_in_memory: int = 128 * 1024 * 1024


class PartitionFold:
    """The fold of one partition from a watermark on."""

    def __init__(self, partition: int, watermark: Watermark, *, every_commits: int) -> None:
        self.partition = partition
        self._every_commits = every_commits
        self._bytes = 0
        self._unreadable: frozenset[bytes] = frozenset()
        self._stored = watermark
        self._read = watermark
        self._runs: dict[str, _Run] = {}
        self._touched: dict[str, _Run] = {}
        self._commits: list[CommitRow] = []
        self._snapshots: list[SnapshotRow] = []
        self._phases: list[PhaseRow] = []
        self._approvals: dict[tuple[str, str], ApprovalRow] = {}

    @property
    def next_offset(self) -> int:
        """Offset of the record to read next."""
        return self._read.offset + 1

    @property
    def read_to(self) -> Watermark:
        """How far the partition was read, written or not."""
        return self._read

    @property
    def pending(self) -> int:
        """How many records were read and are not in Postgres yet."""
        return self._read.offset - self._stored.offset

    @property
    def runs_in_memory(self) -> int:
        """How many runs are held in memory."""
        return len(self._runs)

    def skip_to(self, offset: int) -> None:
        """Go on with `offset`: the log has nothing between what was read and it."""
        self._read = replace(self._read, offset=max(self._read.offset, offset - 1))

    def select(self, records: Iterable[LogRecord]) -> Selection:
        """Find the commits among `records` that continue the chain. Changes nothing.

        Raises `CorruptHistory` when a commit follows a record that cannot be read here.
        """
        chain = Chain(self._read.head)
        found = Selection(last_offset=self._read.offset, unreadable=self._unreadable)
        for record in records:
            found.read += 1
            found.last_offset = record.offset
            value = record.value or b""
            try:
                commit = decode_as(Commit, value)
            except MalformedRecord as error:
                found.malformed.append(Malformed(record, error.reason))
                found.unreadable |= {digest(value)}
                continue
            if chain.accept(commit.parent, value):
                found.accepted.append((record.offset, commit))
                found.unreadable = frozenset()
            elif commit.parent in found.unreadable:
                raise CorruptHistory(
                    f"the commit at offset {record.offset} follows a record that cannot be read here; a newer version"
                    " wrote it: upgrade this process"
                )
        found.head = chain.head
        return found

    def missing(self, selection: Selection) -> list[str]:
        """Give the ids of runs that began before and are not in memory, once each."""
        runs = self._runs
        began: dict[str, bool] = {}
        for _, commit in selection.accepted:
            if commit.run_id not in runs:
                began.setdefault(commit.run_id, commit.seq > 1)
        return [run_id for run_id, is_known in began.items() if is_known]

    def adopt(self, stored: Iterable[StoredRun]) -> None:
        """Take runs as Postgres has them into memory."""
        for found in stored:
            state = load(found.state)
            self._bytes += len(found.state)
            self._runs[found.run_id] = _Run(
                state=state,
                commits=found.commits,
                commit_offset=found.offset,
                counted=count_key(state),
                phase=phase_of(state),
                timers={timer.timer_id: timer.fire_at_ms for timer in live_timers(state).values()},
                bytes=len(found.state),
                approvals=dict(state.approvals) if isinstance(state, RunState) else {},
            )

    def apply(self, selection: Selection) -> None:
        """Fold what was selected. Raises `CorruptHistory`: the fold is of no use after that."""
        command_offset = self._read.command_offset
        for offset, commit in selection.accepted:
            self._apply(offset, commit)
            command_offset = commit.command_offset
        self._unreadable = selection.unreadable
        accepted = len(selection.accepted)
        self._read = Watermark(
            offset=selection.last_offset,
            head=selection.head,
            command_offset=command_offset,
            accepted=self._read.accepted + accepted,
            skipped=self._read.skipped + selection.read - accepted,
        )

    def _apply(self, offset: int, commit: Commit) -> None:
        run_id = commit.run_id
        run = self._touched.get(run_id)
        if run is None:
            # Taken out and put back: the order of the dictionary is the order of last use.
            run = self._runs.pop(run_id, None) or _Run(state=new_state(run_id))
            self._runs[run_id] = self._touched[run_id] = run
        apply(run.state, commit)
        if isinstance(run.state, RunState) and (run.state.approvals or run.approvals or run.state.decided):
            self._note_approvals(run, run.state, commit)
        run.commits += 1
        run.commit_offset = offset
        stored_id = storable(run_id)
        self._commits.append(CommitRow(stored_id, commit.seq, self.partition, offset, commit.at_ms))
        if run.commits % self._every_commits == 0 or run.state.seq // EVENTS_KEPT > (commit.seq - 1) // EVENTS_KEPT:
            self._keep(run, offset, commit.at_ms)
        phase = phase_of(run.state)
        if phase is not None and phase != run.phase:
            row = PhaseRow(stored_id, run.state.seq, self.partition, commit.at_ms, phase, run.phase)
            self._phases.append(row)
            run.phase = phase

    def _note_approvals(self, run: _Run, state: RunState, commit: Commit) -> None:
        for row in approval_rows(run.approvals, state, commit, self.partition):
            self._approvals[row.run_id, row.approval_id] = row
        run.approvals = dict(state.approvals)

    def _keep(self, run: _Run, offset: int, at_ms: int) -> None:
        text = dump(run.state)
        place = (storable(run.state.run_id), run.state.seq, self.partition, offset, at_ms)
        self._snapshots.append(SnapshotRow(*place, text, text_hash(text)))

    def harvest(self) -> PartitionBatch:
        """Give what changed since the last harvest. Once that is written, call `forget_written`."""
        batch = PartitionBatch(partition=self.partition, before=self._stored, after=self._read)
        for run in self._touched.values():
            text = dump(run.state)
            self._bytes += len(text) - run.bytes
            run.bytes = len(text)
            batch.runs.append(run_row(run.state, text, (self.partition, run.commit_offset, run.commits)))
            _count(run, batch.counts)
            _compare_timers(run, batch)
        batch.commits, self._commits = self._commits, []
        batch.snapshots, self._snapshots = self._snapshots, []
        batch.phases, self._phases = self._phases, []
        batch.approvals, self._approvals = list(self._approvals.values()), {}
        self._stored = replace(self._read)
        return batch

    def forget_written(self, limits: FoldLimits) -> None:
        """After a harvest was written: forget runs that ended, and the longest unused beyond the limits."""
        for run_id, run in self._touched.items():
            if run.state.status in FINAL:
                self._forget(run_id)
        self._touched = {}
        while len(self._runs) > limits.runs_in_memory or self._bytes > limits.bytes_in_memory:
            self._forget(next(iter(self._runs)))

    def _forget(self, run_id: str) -> None:
        self._bytes -= self._runs.pop(run_id).bytes


def _count(run: _Run, counts: dict[CountKey, int]) -> None:
    key = count_key(run.state)
    if key == run.counted:
        return
    if run.counted is not None:
        counts[run.counted] = counts.get(run.counted, 0) - 1
    if key is not None:
        counts[key] = counts.get(key, 0) + 1
    run.counted = key


def _compare_timers(run: _Run, batch: PartitionBatch) -> None:
    live = live_timers(run.state)
    if not live and not run.timers:
        return
    run_id = storable(run.state.run_id)
    now = {timer_id: timer.fire_at_ms for timer_id, timer in live.items()}
    batch.timers_gone += [
        (run_id, storable(timer_id)) for timer_id, at_ms in run.timers.items() if now.get(timer_id) != at_ms
    ]
    batch.timers_set += [
        TimerRow(run_id, storable(timer_id), batch.partition, storable(timer.path), timer.purpose, timer.fire_at_ms)
        for timer_id, timer in live.items()
        if run.timers.get(timer_id) != timer.fire_at_ms
    ]
    run.timers = now
