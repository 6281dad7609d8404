"""From the commands of one fetch to the commits they lead to. No I/O, no clock.

What cannot be read becomes a dead letter. What makes the rules fail (a bug) becomes a dead letter and a refusal, so
that its run goes on as if it had not been sent, and the partition goes on at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.chain import digest
from engine.commands import Command, FireTimer, ForkRun, MigrateRun, StartRun
from engine.decide import World, decide
from engine.decide.world import Decision
from engine.events import CommandRejected, Commit
from engine.replay import apply
from engine.snapshot import State, copy_state
from schemas import codec, topics
from schemas.partitioning import partition_of
from schemas.records import DeadLetter
from streams.orchestrator.partition import Loader, Partition
from streams.transport import Record

LOG = logging.getLogger(__name__)

STAGE = "orchestrator"
#: Room for what Kafka puts around a value.
LARGEST_VALUE = topics.MAX_RECORD_BYTES - 1024


@dataclass(frozen=True, slots=True)
class Decided:
    """A command, the commit it led to with its bytes, and the state of its run after it."""

    command: Command
    commit: Commit
    value: bytes
    state: State

    @property
    def is_rejected(self) -> bool:
        """Whether the command was refused."""
        return isinstance(self.commit.events[0], CommandRejected)


@dataclass(slots=True)
class Decisions:
    """What the commands of one fetch led to."""

    decided: list[Decided] = field(default_factory=list)
    #: Offset of each command that made the rules fail, and how.
    poison: list[tuple[int, str]] = field(default_factory=list)


def read_commands(records: Sequence[Record], above: int, partitions: int) -> tuple[list[Command], list[DeadLetter]]:
    """Give the commands with offsets above `above`, and a dead letter for each record that is none.

    A command in another partition than its run's is none either: it would begin a second history of that run.
    """
    commands: list[Command] = []
    dead: list[DeadLetter] = []
    for record in records:
        if record.offset <= above:
            continue
        try:
            command = codec.decode_command(record.value, at_ms=record.timestamp, offset=record.offset)
        except codec.MalformedRecord as error:
            dead.append(dead_letter(record, error.reason))
            continue
        home = partition_of(command.run_id.encode(), partitions)
        if home == record.partition:
            commands.append(command)
        else:
            dead.append(dead_letter(record, _astray(command, home, record.partition)))
    return commands, dead


def _astray(command: Command, home: int, found: int) -> str:
    return (
        f"expected the commands of run {command.run_id} in partition {home}, found one in {found};"
        " produce with the run id as key and the murmur2 partitioner (librdkafka: partitioner=murmur2_random)"
    )


def dead_letter(record: Record, reason: str) -> DeadLetter:
    """Give the dead letter of a record of the commands topic."""
    return DeadLetter(
        stage=STAGE,
        reason=reason,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        at_ms=record.timestamp,
        record_key=record.key,
        record_value=record.value,
    )


def decide_all(partition: Partition, commands: Sequence[Command], world: World, stored: Loader) -> Decisions:
    """Decide commands in order, each on the state the ones before it left.

    The partition's states and chain are then ahead of the log: drop the partition if the commits are not written.
    Raises `SnapshotsAway` before anything changed.
    """
    partition.load(_maybe_in_postgres(partition, commands), stored)
    found = Decisions()
    partition.is_ahead = bool(commands)
    for position, command in enumerate(commands, start=partition.next_offset):
        before = partition.state_of(command.run_id)
        try:
            decided = _decided(partition, before, command, decide(before, command, world))
        except Exception as error:  # a bug in the rules: it must not stop the partition
            LOG.exception("the rules failed on command %s of run %s", command.command_id, command.run_id)
            reason = f"the rules failed: {error!r}"
            found.poison.append((command.offset, reason))
            decided = _decided(partition, before, command, refusal(before, command, reason))
        partition.chain.head = digest(decided.value)
        partition.runs.put(command.run_id, decided.state, position)
        found.decided.append(decided)
    return found


def definitions_wanted(commands: Iterable[Command]) -> Iterator[tuple[str, str, str]]:
    """Give namespace, name and version of the definitions that runs are to be started of."""
    for command in commands:
        if isinstance(command.body, StartRun | ForkRun):
            yield command.body.namespace, command.body.name, command.body.version


def follow_two(commands: Iterable[Command]) -> bool:
    """Tell whether one of the commands is about two definitions: the one it names, and that of another state."""
    return any(isinstance(command.body, ForkRun | MigrateRun) for command in commands)


def refusal(before: State, command: Command, reason: str) -> Decision:
    """Give the decision that refuses a command and changes nothing else."""
    state = copy_state(before)
    event = CommandRejected(command=type(command.body).__name__, reason=reason[:2000])
    apply(state, _commit(b"", before, command, Decision(events=(event,), state=state)))
    return Decision(events=(event,), state=state)


def _decided(partition: Partition, before: State, command: Command, decision: Decision) -> Decided:
    commit = _commit(partition.chain.head, before, command, decision)
    value = codec.encode(commit)
    if len(value) > LARGEST_VALUE:
        raise ValueError(f"expected a commit of at most {LARGEST_VALUE} bytes, found {len(value)}")
    return Decided(command, commit, value, decision.state)


def _commit(parent: bytes, before: State, command: Command, decision: Decision) -> Commit:
    return Commit(
        run_id=command.run_id,
        command_id=command.command_id,
        command_offset=command.offset,
        actor=command.actor,
        at_ms=command.at_ms,
        parent=parent,
        seq=before.seq + 1,
        events=decision.events,
        origin=command.origin,
    )


def _maybe_in_postgres(partition: Partition, commands: Sequence[Command]) -> Iterator[str]:
    """Give the ids of runs that may be known to Postgres alone: all but those that begin with their command."""
    for command in commands:
        body = command.body
        if not isinstance(body, StartRun | ForkRun) or body.keyed or partition.may_be_stored(command.run_id):
            yield command.run_id


def early_timers(decided: Decided) -> Iterator[tuple[str, int]]:
    """Give timer id and instant of the timer a refused `FireTimer` was for, if it is still live: it came too early."""
    body = decided.command.body
    if isinstance(body, FireTimer) and decided.is_rejected:
        timer = getattr(decided.state, "timers", {}).get(body.timer_id)
        if timer is not None:
            yield timer.timer_id, timer.fire_at_ms
