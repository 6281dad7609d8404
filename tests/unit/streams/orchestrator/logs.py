"""Logs of one partition, made by the rules themselves, without a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import commands as c
from engine.decide import World
from engine.definition import compile_definition
from engine.snapshot import State, dump
from schemas import codec
from streams.orchestrator.decisions import Decided, decide_all
from streams.orchestrator.partition import Partition, from_beginning
from streams.orchestrator.runs import Runs
from testkit.play import world_of

AT_MS = 1_700_000_000_000


def document(name: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    """Give a document of these tasks."""
    return {"document": {"dsl": "1.0.3", "namespace": "t", "name": name, "version": "1.0.0"}, "do": list(tasks)}


INLINE = document("inline", {"a": {"set": {"v": "${ .v + 1 }"}}})
WORKER = document("worker", {"a": {"call": "echo", "with": {"v": 1}}})
WAIT = document("wait", {"a": {"wait": {"seconds": 10}}})


def world() -> World:
    """Give a world that knows the documents above."""
    return world_of([compile_definition(each) for each in (INLINE, WORKER, WAIT)])


def start(run_id: str, name: str = "inline", *, keyed: bool = False) -> c.Command:
    """Give the command that starts a run."""
    body = c.StartRun(namespace="t", name=name, version="1.0.0", input='{"v": 1}', keyed=keyed)
    return c.Command(run_id=run_id, command_id=f"{run_id}/start", actor="user:t", body=body)


def placed(commands: Sequence[c.Command], first: int = 0) -> list[c.Command]:
    """Give the commands with the offsets and instants of their records."""
    return [replace(each, offset=first + n, at_ms=AT_MS + first + n) for n, each in enumerate(commands)]


def nothing_stored(number: int, run_ids: Sequence[str]) -> Mapping[str, Any]:
    """Say that Postgres knows nothing."""
    return {}


@dataclass(slots=True)
class Writer:
    """An orchestrator without a broker: decides commands and writes the commits to a list."""

    partition: Partition = field(default_factory=lambda: from_beginning(0, Runs(limit=1000)))
    log: list[bytes] = field(default_factory=list)
    taken: int = 0

    def write(self, *commands: c.Command) -> list[Decided]:
        """Decide commands and append their commits."""
        found = decide_all(self.partition, placed(commands, self.taken), world(), nothing_stored)
        self.taken += len(commands)
        self.log += [each.value for each in found.decided]
        self.partition.is_ahead = False
        self.partition.next_offset = len(self.log)
        return found.decided

    def states(self) -> dict[str, str]:
        """Give the states of all runs as text."""
        return texts(self.partition)


def texts(partition: Partition) -> dict[str, str]:
    """Give the states of all runs in memory as text."""
    return {state.run_id: dump(state) for state in partition.runs}


def fold(partition: Partition, log: Sequence[bytes], first: int = 0) -> Any:
    """Fold a log whose first record has the offset `first`."""
    return partition.fold(list(enumerate(log, start=first)), nothing_stored)


@dataclass(frozen=True, slots=True)
class Stored:
    """A run as Postgres holds it."""

    run_id: str
    offset: int
    state: str


def stored(states: Sequence[tuple[State, int]]) -> Any:
    """Give a loader that knows these states with their offsets, and notes what it was asked for."""
    asked: list[list[str]] = []

    def load(number: int, run_ids: Sequence[str]) -> Mapping[str, Stored]:
        asked.append(list(run_ids))
        known = {state.run_id: Stored(state.run_id, offset, dump(state)) for state, offset in states}
        return {run_id: known[run_id] for run_id in run_ids if run_id in known}

    load.asked = asked  # type: ignore[attr-defined]
    return load


def value_of(command: c.Command) -> bytes:
    """Give the value of a command's record."""
    return codec.encode(command)
