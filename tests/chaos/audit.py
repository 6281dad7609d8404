"""The auditor: folds the whole events topic once, with code of its own for what must hold, and notes what it sees.

It shares the engine's fold and the rule of the chain with the system, because these define what the log means. All else
(counting, comparing, deciding what is a violation) is done here again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine import events as e
from engine.chain import Chain
from engine.errors import CorruptHistory
from engine.events import Commit, Event
from engine.replay import apply, new_state
from engine.snapshot import State, dump, load
from engine.state import FINAL
from infra.kafka import RawMessage
from schemas.codec import MalformedRecord, decode_as

#: Output of the results that come too late on purpose: none of them may be recorded.
LATE = '"too late"'

#: Run, path and attempt of a task.
TaskKey = tuple[str, str, int]


@dataclass(slots=True)
class RunAudit:
    """What the log says of one run."""

    state: State | None
    text: str = ""
    ends: int = 0
    starts: int = 0
    offsets: list[int] = field(default_factory=list)
    #: Number of the last event of a kept snapshot, and the state that goes on from it.
    shadow: State | None = None

    @property
    def now(self) -> State:
        """The state after the last commit."""
        return self.state if self.state is not None else load(self.text)


@dataclass(slots=True)
class PartitionAudit:
    """What the log says of one partition."""

    number: int
    chain: Chain = field(default_factory=Chain)
    accepted: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    malformed: list[int] = field(default_factory=list)
    command_offsets: list[int] = field(default_factory=list)
    #: Instants of accepted commits, and of those that record a worker's result, Unix milliseconds.
    committed_at_ms: list[int] = field(default_factory=list)
    reported_at_ms: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Audit:
    """Everything noted while the log was read. `snapshots` has (seq, state) of kept snapshots by run."""

    snapshots: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    runs: dict[str, RunAudit] = field(default_factory=dict)
    partitions: dict[int, PartitionAudit] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    scheduled: dict[TaskKey, str] = field(default_factory=dict)
    reported: Counter[TaskKey] = field(default_factory=Counter)
    completed: Counter[tuple[str, str]] = field(default_factory=Counter)
    timers: dict[tuple[str, str], int] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    redispatched: int = 0

    def read(self, number: int, records: Iterable[RawMessage]) -> None:
        """Read records of a partition, which follow those read before."""
        partition = self.partitions.setdefault(number, PartitionAudit(number))
        for record in records:
            value = record.value() or b""
            try:
                commit = decode_as(Commit, value)
            except MalformedRecord:
                partition.malformed.append(record.offset())
                continue
            if not partition.chain.accept(commit.parent, value):
                partition.skipped.append(record.offset())
                continue
            self._accept(partition, record, commit)

    def _accept(self, partition: PartitionAudit, record: RawMessage, commit: Commit) -> None:
        offset, at_ms = record.offset(), record.timestamp()[1]
        partition.accepted.append(offset)
        if partition.command_offsets and commit.command_offset <= partition.command_offsets[-1]:
            before = partition.command_offsets[-1]
            self._say(f"partition {partition.number}, commit {offset}: command {commit.command_offset} after {before}")
        partition.command_offsets.append(commit.command_offset)
        partition.committed_at_ms.append(at_ms)
        if commit.actor.startswith("worker:"):
            partition.reported_at_ms.append(at_ms)
        if record.key() != commit.run_id.encode():
            self._say(f"partition {partition.number}, commit {offset}: expected its run as key, found {record.key()!r}")
        self._fold(commit, offset)

    def _fold(self, commit: Commit, offset: int) -> None:
        run = self.runs.setdefault(commit.run_id, RunAudit(new_state(commit.run_id)))
        run.state = run.now
        for event in commit.events:
            self._note(run, commit, event)
        try:
            apply(run.state, commit)
            if run.shadow is not None:
                apply(run.shadow, commit)
        except CorruptHistory as error:
            self._say(f"run {commit.run_id}, commit {offset}: {error}")
            return
        run.offsets.append(offset)
        kept = self.snapshots.get(commit.run_id)
        if kept is not None and run.shadow is None and kept[0] == run.state.seq:
            run.shadow = load(kept[1])
        if run.state.status in FINAL:
            run.text, run.state = dump(run.state), None

    def _note(self, run: RunAudit, commit: Commit, event: Event) -> None:
        run_id = commit.run_id
        self.events[type(event).__name__] += 1
        if run.ends and not isinstance(event, e.CommandRejected):
            self._say(f"run {run_id}: {type(event).__name__} after its end")
        match event:
            case e.RunStarted():
                run.starts += 1
            case e.RunCompleted() | e.RunFaulted() | e.RunCancelled():
                run.ends += 1
            case e.TaskScheduled():
                self.scheduled[run_id, event.path, event.attempt] = event.node_type
            case e.TaskRedispatched():
                self.redispatched += 1
            case e.TaskReported():
                self.reported[run_id, event.path, event.attempt] += 1
                if event.output == LATE:
                    self._say(f"run {run_id}: a late result was recorded for {event.path}")
            case e.TaskCompleted():
                self.completed[run_id, event.path] += 1
            case e.TimerStarted():
                self.timers[run_id, event.timer_id] = event.fire_at_ms
            case e.TimerFired():
                self._fired(run_id, event.timer_id, commit.at_ms)
            case e.CommandRejected():
                self.refusals[f"{event.command}: {event.reason.partition('/')[0][:60]}"] += 1

    def _fired(self, run_id: str, timer_id: str, at_ms: int) -> None:
        due_at_ms = self.timers.pop((run_id, timer_id), None)
        if due_at_ms is None:
            self._say(f"run {run_id}: the timer {timer_id} fired and was not set, or fired twice")
        elif at_ms < due_at_ms:
            self._say(f"run {run_id}: the timer {timer_id} fired {due_at_ms - at_ms} ms early")

    def _say(self, sentence: str) -> None:
        self.violations.append(sentence)
