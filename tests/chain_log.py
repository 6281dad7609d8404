"""A partition of the events topic in memory: commits in one chain, as the orchestrator writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from engine.chain import GENESIS, digest
from engine.events import Commit, Event, RunCompleted, RunStarted, ScopeStarted, TaskCompleted
from schemas.codec import encode

AT_MS = 1_700_000_000_000


class LogRecord(NamedTuple):
    """A record as it lies on the topic."""

    offset: int
    value: bytes | None


@dataclass(slots=True)
class ChainLog:
    """Appends commits to one partition."""

    head: bytes = GENESIS
    records: list[LogRecord] = field(default_factory=list)
    seqs: dict[str, int] = field(default_factory=dict)

    def commit(self, run_id: str, *events: Event, parent: bytes | None = None) -> LogRecord:
        """Append a commit. One with another `parent` is a zombie's: nothing follows it."""
        offset = len(self.records)
        commit = Commit(
            run_id=run_id,
            command_id=f"command-{offset}",
            command_offset=offset * 2,
            actor="user:test",
            at_ms=AT_MS + offset,
            parent=self.head if parent is None else parent,
            seq=self.seqs.get(run_id, 0) + 1,
            events=events,
        )
        record = self.raw(encode(commit))
        if parent is None:
            self.seqs[run_id] = self.seqs.get(run_id, 0) + len(events)
            self.head = digest(encode(commit))
        return record

    def raw(self, value: bytes | None) -> LogRecord:
        """Append a record as it is."""
        self.records.append(LogRecord(len(self.records), value))
        return self.records[-1]

    def start(self, run_id: str, *, input: str = '{"amount": 12}') -> LogRecord:  # noqa: A002
        """Append the start of a run."""
        return self.commit(run_id, *started(input))

    def whole(self, run_id: str) -> LogRecord:
        """Append a run that is over in one commit of three tasks."""
        return self.commit(run_id, *started('{"amount": 12}'), *steps(3), RunCompleted(output='{"paid": true}'))


def started(data: str) -> list[Event]:
    """Give the first events of a run."""
    return [
        RunStarted(namespace="shop", name="refund", version="1.0.0", input=data),
        ScopeStarted(path="/do", owner="", data=data),
    ]


def steps(count: int) -> list[TaskCompleted]:
    """Give the ends of `count` tasks that needed nothing from outside."""
    return [TaskCompleted(path=f"/do/{n}/step{n}", output=f'{{"step": {n}}}') for n in range(count)]
