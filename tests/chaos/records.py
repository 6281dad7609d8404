"""Faults by records: repeated commands and tasks, late results, foreign commits, and what can't be read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from engine import commands as c
from engine import events as e
from engine.events import Commit
from infra.kafka import RawMessage, producer, read_range, watermarks
from schemas.codec import MalformedRecord, decode, encode
from schemas.partitioning import partition_of
from tests.chaos.arena import Arena
from tests.chaos.audit import LATE
from tests.chaos.cluster import PREFIX
from tests.chaos.documents import NAMESPACE, VERSION

RECENT = 3000
#: Written as the key of every record of ours, where a key of a run would be a lie.
KEY = b"chaos"


def recent(arena: Arena, topic: str, partition: int) -> list[RawMessage]:
    """Give the newest records of a partition."""
    name = f"{PREFIX}{topic}"
    ends = watermarks(arena.cluster.connection, name)[partition]
    start = max(ends.low, ends.high - RECENT)
    batches = read_range(arena.cluster.connection, (name, partition), start, ends.high)
    return [message for batch in batches for message in batch]


def write(arena: Arena, topic: str, records: Sequence[tuple[bytes, bytes | None]], partition: int) -> list[int]:
    """Write records (key, value) and give their offsets."""
    offsets: list[int] = []
    failures: list[Any] = []

    def note(error: Any, message: Any) -> None:
        failures.append(error) if error else offsets.append(message.offset())

    client = producer(arena.cluster.connection)
    for key, value in records:
        client.produce(f"{PREFIX}{topic}", value, key, partition=partition, on_delivery=note)
    left = client.flush(30)
    assert not left, "expected the broker to take records of a fault, found it away"
    assert not failures, failures
    return offsets


def every_partition(fault: Callable[[Arena, int], None]) -> Callable[[Arena], None]:
    """Give a fault that is done to each partition."""

    def everywhere(arena: Arena) -> None:
        with arena.incident(fault.__name__.replace("_", " ")):
            for partition in range(arena.cluster.conditions.partitions):
                fault(arena, partition)

    return everywhere


def repeated_commands(arena: Arena, partition: int) -> None:
    """Write commands once more that were obeyed long or not so long ago."""
    found = [message for message in recent(arena, "commands", partition) if _is_command(message.value())]
    chosen = arena.rng.sample(found, min(40, len(found)))
    write(arena, "commands", [(message.key() or b"", message.value()) for message in chosen], partition)


def repeated_tasks(arena: Arena, partition: int) -> None:
    """Write tasks once more, so that they are executed again."""
    found = [message for message in recent(arena, "tasks.ledger", partition) if _is_readable(message.value())]
    chosen = arena.rng.sample(found, min(20, len(found)))
    write(arena, "tasks.ledger", [(message.key() or b"", message.value()) for message in chosen], partition)


def late_results(arena: Arena, partition: int) -> None:
    """Report other results for tasks whose result is recorded, and fire timers that are over."""
    commits = _commits(recent(arena, "events", partition))
    reported = [(commit.run_id, event) for commit in commits for event in commit.events]
    orders: list[tuple[str, c.Order]] = []
    for run_id, event in reported:
        match event:
            case e.TaskReported():
                orders.append((run_id, c.CompleteTask(path=event.path, attempt=event.attempt, output=LATE)))
                orders.append((run_id, c.FailTask(path=event.path, attempt=event.attempt, error="{}")))
            case e.TimerFired():
                orders.append((run_id, c.FireTimer(timer_id=event.timer_id)))
            case e.TimerStarted():
                orders.append((run_id, c.FireTimer(timer_id=event.timer_id)))
    _order(arena, partition, arena.rng.sample(orders, min(40, len(orders))))


def orders_to_nobody(arena: Arena, partition: int) -> None:
    """Send orders to runs that never were."""
    ghosts = [_ghost(arena, "order", partition) for _ in range(5)]
    order = c.CompleteTask(path="/do/0/a", attempt=1, output=LATE)
    _order(arena, partition, [(ghost, order) for ghost in ghosts])


def orders_astray(arena: Arena, partition: int) -> None:
    """Send an order where the orders of its run do not go, as producers with another partitioner do."""
    away = (partition + 1) % arena.cluster.conditions.partitions
    order = c.CompleteTask(path="/do/0/a", attempt=1, output=LATE)
    run_id = _ghost(arena, "astray", away)
    value = encode(c.Command(run_id=run_id, command_id=run_id, actor="user:chaos", body=order))
    _poison(arena, "commands", partition, [value])


def malformed_commands(arena: Arena, partition: int) -> None:
    """Write what is no command at all to the commands topic."""
    start = c.StartRun(namespace=NAMESPACE, name="inline", version=VERSION, input='{"n": 1}')
    whole = encode(c.Command(run_id="nobody", command_id="x", actor="user:chaos", body=start))
    _poison(arena, "commands", partition, _broken(arena, whole))


def malformed_tasks(arena: Arena, partition: int) -> None:
    """Write what is no task at all to a topic of tasks."""
    found = [message.value() for message in recent(arena, "tasks.ledger", partition)]
    whole = next((value for value in found if value and _is_readable(value)), b"\0\0\0\0\3abc")
    _poison(arena, "tasks.ledger", partition, _broken(arena, whole))


def malformed_events(arena: Arena, partition: int) -> None:
    """Write what is no commit at all to the events topic."""
    commits = _commits(recent(arena, "events", partition))
    whole = encode(commits[-1]) if commits else b"\0\0\0\0\2abc"
    offsets = _poison(arena, "events", partition, _broken(arena, whole))
    arena.foreign.update((f"{PREFIX}events", partition, offset) for offset in offsets)


def malformed_cloudevents(arena: Arena, partition: int) -> None:
    """Write what is no CloudEvent. As long as nobody reads that topic, nobody buries it."""
    values = [b"", b"{", b'{"specversion":"1.0"}', b"[" * 1000, arena.rng.randbytes(2000)]
    offsets = write(arena, "cloudevents", [(KEY, value) for value in values], partition)
    arena.perhaps_poison.update({(f"{PREFIX}cloudevents", partition, offset): "cloudevent" for offset in offsets})


def foreign_commits(arena: Arena, partition: int) -> None:
    """Write commits as a zombie would: decided on a head that is not the head any more, and old ones once more."""
    commits = _commits(recent(arena, "events", partition))
    chosen = arena.rng.sample(commits, min(5, len(commits)))
    stale = [encode(dataclasses.replace(commit, parent=arena.rng.randbytes(16))) for commit in chosen]
    old = [encode(commit) for commit in chosen[:-1]]
    records = [(KEY, value) for value in [*stale, *old]]
    offsets = write(arena, "events", records, partition)
    arena.foreign.update((f"{PREFIX}events", partition, offset) for offset in offsets)


def deep_and_large(arena: Arena, partition: int) -> None:
    """Start runs with an input a thousand levels deep, and with one that fits no commit."""
    inputs = {"deep": "[" * 1000 + "]" * 1000, "large": json.dumps({"n": 1, "x": "x" * 7_900_000}), "no": "{"}
    for name, text in inputs.items():
        run_id = _ghost(arena, name, partition)
        start = c.StartRun(namespace=NAMESPACE, name="inline", version=VERSION, input=text)
        value = encode(c.Command(run_id=run_id, command_id=f"{run_id}/start", actor="user:chaos", body=start))
        (offset,) = write(arena, "commands", [(run_id.encode(), value)], partition)
        arena.perhaps_poison[f"{PREFIX}commands", partition, offset] = name


def _ghost(arena: Arena, name: str, partition: int) -> str:
    """Give the id of a run that nobody else knows, whose orders belong into `partition`."""
    while True:
        run_id = f"ghost-{name}-{arena.rng.getrandbits(64):x}"
        if partition_of(run_id.encode(), arena.cluster.conditions.partitions) == partition:
            arena.ghosts.add(run_id)
            return run_id


def _broken(arena: Arena, whole: bytes) -> list[bytes | None]:
    cut = arena.rng.randrange(6, max(7, len(whole) - 1))
    unknown = b"\0\0\0\x27\x0f" + whole[5:]
    other = encode(c.Command(run_id="x", command_id="x", actor="x", body=c.ContinueRun()))
    wrong = [other] if whole[4] != other[4] else [b"\0\0\0\0\4" + whole[5:]]
    return [None, b"", b"\1not ours", whole[:cut], unknown, whole + b"more", arena.rng.randbytes(200_000), *wrong]


def _poison(arena: Arena, topic: str, partition: int, values: Sequence[bytes | None]) -> list[int]:
    offsets = write(arena, topic, [(KEY, value) for value in values], partition)
    name = f"{PREFIX}{topic}"
    arena.poison.update({(name, partition, offset): topic for offset in offsets})
    return offsets


def _order(arena: Arena, partition: int, orders: Sequence[tuple[str, c.Order]]) -> None:
    records = [
        (
            run_id.encode(),
            encode(
                c.Command(run_id=run_id, command_id=f"{arena.rng.getrandbits(64):x}", actor="user:chaos", body=body)
            ),
        )
        for run_id, body in orders
    ]
    write(arena, "commands", records, partition)


def _commits(messages: Sequence[RawMessage]) -> list[Commit]:
    found = []
    for message in messages:
        try:
            record = decode(message.value())
        except MalformedRecord:
            continue
        if isinstance(record, Commit):
            found.append(record)
    return found


def _is_readable(value: bytes | None) -> bool:
    try:
        decode(value)
    except MalformedRecord:
        return False
    return True


def _is_command(value: bytes | None) -> bool:
    try:
        return isinstance(decode(value), c.Command)
    except MalformedRecord:
        return False
