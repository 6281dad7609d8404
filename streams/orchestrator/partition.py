"""Everything known of one partition: the fold of its events topic, and how far that fold has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.chain import Chain, digest
from engine.errors import CorruptHistory
from engine.events import Commit
from engine.replay import apply, new_state
from engine.snapshot import State, load
from schemas import codec
from streams.orchestrator.ports import StoredRun, Watermark
from streams.orchestrator.runs import Runs, made_at_ms
from streams.orchestrator.timers import BrokerClock, Timers

#: Gives the newest states of runs of a partition from Postgres, by run id. Raises `SnapshotsAway`.
Loader = Callable[[int, Sequence[str]], Mapping[str, StoredRun]]

#: How far the clock of whoever makes ids of runs may be ahead of ours.
IDS_AHEAD_MS = 60_000


class SnapshotsAway(Exception):
    """A run is needed that is only in Postgres, and it cannot be had there: rebuild the partition from the log."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold of records brought."""

    accepted: int
    skipped: int


@dataclass(slots=True, kw_only=True)
class Partition:
    """One partition of the events topic, folded."""

    number: int
    runs: Runs
    #: Offset of the first record of the events topic that is not folded yet.
    next_offset: int = 0
    chain: Chain = field(default_factory=Chain)
    #: `command_offset` of the last accepted commit.
    command_offset: int = -1
    #: Whether every run of the partition is in memory: it was folded from the log's beginning and nothing was evicted.
    is_complete: bool = True
    #: Whether nothing of it came from Postgres.
    is_from_log: bool = True
    #: Offset up to which Postgres held every commit when runs were left to it, -1 when none were.
    relied_on_offset: int = -1
    #: Runs whose ids were made after this instant are in memory, or were evicted since. Unix milliseconds.
    known_since_ms: int = 0
    #: Whether commits may have been written whose reactions were not sent: set at take-over and by foreign commits.
    is_fresh: bool = True
    #: Whether commits were decided that are not checked to be in the log: the states are ahead of `next_offset`.
    is_ahead: bool = False
    #: Whether the fold has come to the end of the log once, so that timers may fire.
    is_recovered: bool = False
    timers: Timers = field(default_factory=Timers)
    clock: BrokerClock = field(default_factory=BrokerClock)
    #: Digests of records since the last accepted commit that could not be read.
    _unreadable: set[bytes] = field(default_factory=set)

    def fold(self, records: Iterable[tuple[int, bytes | None]], stored: Loader) -> Folded:
        """Fold records (offset, value) of the events topic, in order; those at known offsets count for nothing.

        Raises `CorruptHistory` when an accepted commit cannot follow, `SnapshotsAway` when Postgres is needed and away.
        """
        commits, skipped = self._accepted(records)
        self._load_what_is_needed(commits, stored)
        for offset, commit in commits:
            state = self.runs.get(commit.run_id)
            if state is None:
                state = new_state(commit.run_id)
            elif offset <= self.runs.offset_of(commit.run_id):
                continue
            apply(state, commit)
            self.runs.put(commit.run_id, state, offset)
        if commits:
            self.command_offset = commits[-1][1].command_offset
            self.is_fresh = True
        return Folded(len(commits), skipped)

    def _accepted(self, records: Iterable[tuple[int, bytes | None]]) -> tuple[list[tuple[int, Commit]], int]:
        found: list[tuple[int, Commit]] = []
        skipped = 0
        for offset, value in records:
            if offset < self.next_offset:
                continue
            self.next_offset = offset + 1
            commit = self._accept(value or b"", offset)
            if commit is None:
                skipped += 1
            else:
                found.append((offset, commit))
        return found, skipped

    def _accept(self, value: bytes, offset: int) -> Commit | None:
        try:
            commit = codec.decode_as(Commit, value)
        except codec.MalformedRecord:
            self._unreadable.add(digest(value))
            return None
        if commit.parent in self._unreadable:
            raise CorruptHistory(
                f"partition {self.number}: the commit at offset {offset} follows a record that cannot be read here;"
                " a newer version wrote it: upgrade this process"
            )
        if not self.chain.accept(commit.parent, value):
            return None
        self._unreadable.clear()
        return commit

    def _load_what_is_needed(self, commits: Sequence[tuple[int, Commit]], stored: Loader) -> None:
        if self.is_complete:
            return
        first: dict[str, Commit] = {}
        for _, commit in commits:
            first.setdefault(commit.run_id, commit)
        self.load([run_id for run_id, commit in first.items() if commit.seq > 1], stored)

    def load(self, run_ids: Iterable[str], stored: Loader) -> int:
        """Bring those of the runs into memory that only Postgres has; give how many there were."""
        missing = [run_id for run_id in run_ids if run_id not in self.runs]
        if self.is_complete or not missing:
            return 0
        found = stored(self.number, missing)
        for run in found.values():
            self.runs.put(run.run_id, _loaded(run), run.offset)
        return len(found)

    def may_be_stored(self, run_id: str) -> bool:
        """Tell whether a run that is not in memory may have begun before: not if its id is younger than all of those.

        So a fresh start costs no query, and one that is repeated, whenever that is, begins no second run.
        """
        made_ms = made_at_ms(run_id)
        known_since_ms = max(self.known_since_ms, self.runs.forgotten_ms)
        return made_ms is None or made_ms <= known_since_ms or self.runs.was_evicted(run_id)

    def state_of(self, run_id: str) -> State:
        """Give the state of a run, a new one for a run nothing is known of."""
        return self.runs.get(run_id) or new_state(run_id)

    def timers_in_memory(self) -> Iterable[tuple[str, str, int]]:
        """Give run id, timer id and instant of every timer of the runs in memory."""
        for state in self.runs:
            for timer in getattr(state, "timers", {}).values():
                yield state.run_id, timer.timer_id, timer.fire_at_ms

    def evict(self, persisted_offset: int) -> int:
        """Let runs go that Postgres holds; give how many."""
        gone = self.runs.evict(persisted_offset)
        if gone:
            self.is_complete = False
            self.relied_on_offset = max(self.relied_on_offset, persisted_offset)
        return gone


def _loaded(run: StoredRun) -> State:
    try:
        return load(run.state)
    except (LookupError, TypeError, ValueError) as error:
        raise SnapshotsAway(f"the state of run {run.run_id} in Postgres cannot be read: {error!r}") from error


def from_watermark(number: int, watermark: Watermark, runs: Runs) -> Partition:
    """Give a partition as Postgres knows it, with no run in memory yet."""
    clock = BrokerClock()
    return Partition(
        number=number,
        runs=runs,
        next_offset=watermark.offset + 1,
        chain=Chain(watermark.head),
        command_offset=watermark.command_offset,
        is_complete=False,
        relied_on_offset=watermark.offset,
        known_since_ms=clock.now_ms() + IDS_AHEAD_MS,
        is_from_log=False,
        clock=clock,
    )


def from_beginning(number: int, runs: Runs) -> Partition:
    """Give a partition of which nothing was read yet; all of its runs will be in memory."""
    return Partition(number=number, runs=runs)
