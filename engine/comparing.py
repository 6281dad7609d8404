"""Two runs side by side: which tasks each of them did, with what output, in what time, for how many tokens and money.

Made of histories alone, so that a run and its fork, two forks, or yesterday's run and today's can be compared. What a
fork shares with the run it is of lies before both histories.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from engine import events as e
from engine.events import Commit
from engine.paths import pointer
from engine.plain import plain

OUTPUT_CHARACTERS = 2000


@dataclass(slots=True, kw_only=True)
class Step:
    """What a run did of one task."""

    path: str
    kind: str = ""
    node_type: str | None = None
    #: `live` until it ended.
    status: str = "live"
    started_at_ms: int = 0
    ended_at_ms: int = 0
    #: Raw output of a worker, else the output where the log has it.
    output: str | None = None
    #: Raw output alone.
    reported: str | None = None
    error: str | None = None
    attempts: int = 0
    #: Whether the result was there already, and nobody worked for it.
    reused: str | None = None
    tokens: int = 0
    cost: Decimal = Decimal(0)
    currency: str = ""

    def plain(self) -> dict[str, Any]:
        """Give it as JSON-like data."""
        text = self.output if self.output is None or len(self.output) <= OUTPUT_CHARACTERS else None
        return {
            "status": self.status,
            "node_type": self.node_type,
            "duration_ms": max(0, self.ended_at_ms - self.started_at_ms) if self.ended_at_ms else None,
            "output": None if text is None else json.loads(text),
            "output_cut_off": text != self.output,
            "error": None if self.error is None else json.loads(self.error),
            "attempts": self.attempts,
            "reused": self.reused,
            "tokens": self.tokens,
            "cost": str(self.cost) if self.cost else None,
            "currency": self.currency or None,
        }


@dataclass(slots=True)
class Story:
    """What a run did, in order."""

    steps: dict[str, Step] = field(default_factory=dict)
    status: str = "running"
    output: str | None = None
    error: str | None = None
    began_at_ms: int = 0
    ended_at_ms: int = 0

    @property
    def tokens(self) -> int:
        """Give the tokens that were used for this run: those of reused answers were used for another."""
        return sum(step.tokens for step in self.steps.values() if step.reused is None)

    def costs(self) -> dict[str, Decimal]:
        """Give the money that was spent for this run, by currency."""
        found: dict[str, Decimal] = {}
        for step in self.steps.values():
            if step.cost and step.reused is None:
                found[step.currency] = found.get(step.currency, Decimal(0)) + step.cost
        return found

    def plain(self) -> dict[str, Any]:
        """Give what is of the run as a whole as JSON-like data."""
        return {
            "status": self.status,
            "output": None if self.output is None else json.loads(self.output),
            "error": None if self.error is None else json.loads(self.error),
            "duration_ms": max(0, (self.ended_at_ms or self.began_at_ms) - self.began_at_ms),
            "tasks": len(self.steps),
            "worked": sum(1 for s in self.steps.values() if s.attempts and s.reused is None),
            "reused": sum(1 for s in self.steps.values() if s.reused is not None),
            "tokens": self.tokens,
            "costs": {currency: str(amount) for currency, amount in self.costs().items()},
        }


def story_of(commits: Iterable[Commit], after: int = 0) -> Story:
    """Tell what a run did after its event `after`."""
    story = Story()
    node_types: dict[str, str] = {}
    for commit in commits:
        for number, event in enumerate(commit.events, commit.seq):
            if isinstance(event, e.TaskScheduled):
                node_types[event.path] = event.node_type
            if number > after:
                story.began_at_ms = story.began_at_ms or commit.at_ms
                _tell(story, event, commit.at_ms)
                # One that was under way at that event is counted where its result came.
                if isinstance(event, e.TaskReported) and story.steps[event.path].node_type is None:
                    _under_way(story.steps[event.path], node_types.get(event.path), event.output)
    return story


def _under_way(step: Step, node_type: str | None, output: str) -> None:
    if node_type is not None:
        step.node_type, step.attempts = node_type, 1
        _count(step, output)


def _tell(story: Story, event: e.Event, at_ms: int) -> None:
    match event:
        case e.RunCompleted():
            story.status, story.output, story.ended_at_ms = "completed", event.output, at_ms
        case e.RunFaulted():
            story.status, story.error, story.ended_at_ms = "faulted", event.error, at_ms
        case e.RunCancelled():
            story.status, story.ended_at_ms = "cancelled", at_ms
        case e.RunReopened():
            story.status, story.ended_at_ms = "running", 0
        case (
            e.TaskStarted(path=path)
            | e.TaskCompleted(path=path)
            | e.TaskSkipped(path=path)
            | e.TaskFaulted(path=path)
            | e.TaskCancelled(path=path)
            | e.TaskScheduled(path=path)
            | e.TaskReported(path=path)
            | e.ResultReused(path=path)
        ):
            step = story.steps.setdefault(path, Step(path=path, started_at_ms=at_ms))
            _tell_task(step, event, at_ms)
        case _:
            pass


def _tell_task(step: Step, event: e.Event, at_ms: int) -> None:
    match event:
        case e.TaskStarted():
            step.kind = event.kind
        case e.TaskScheduled():
            step.node_type, step.attempts = event.node_type, step.attempts + 1
        case e.TaskReported():
            step.output = step.reported = event.output
            _count(step, event.output)
        case e.ResultReused():
            step.reported = event.output
            step.output, step.reused = event.output, event.origin
            _count(step, event.output)
        case e.TaskCompleted():
            step.status, step.ended_at_ms = "completed", at_ms
            step.output = event.output if event.output is not None else step.output
        case e.TaskFaulted():
            step.status, step.error, step.ended_at_ms = "faulted", event.error, at_ms
        case e.TaskSkipped():
            step.status, step.ended_at_ms = "skipped", at_ms
        case e.TaskCancelled():
            step.status, step.ended_at_ms = "cancelled", at_ms
        case _:
            pass


def _count(step: Step, output: str) -> None:
    """Add what a model's answer says of tokens and money."""
    if step.node_type != "model":
        return
    answer = json.loads(output)
    if not isinstance(answer, dict):
        return
    usage, cost = answer.get("usage"), answer.get("cost")
    if isinstance(usage, dict):
        step.tokens += sum(usage.get(name) or 0 for name in ("inputTokens", "outputTokens"))
    if isinstance(cost, dict):
        try:
            step.cost += Decimal(str(cost.get("amount", 0)))
        except InvalidOperation:
            return
        step.currency = str(cost.get("currency", ""))


def compared(one: Story, other: Story) -> dict[str, Any]:
    """Give two stories side by side: each as a whole, and every task that either did, in the order they came up."""
    rows = [_row(path, one.steps.get(path), other.steps.get(path)) for path in {**one.steps, **other.steps}]
    whole = {name: (getattr(one, name), getattr(other, name)) for name in ("status", "output", "error")}
    return {
        "a": one.plain(),
        "b": other.plain(),
        "differs": [name for name, (left, right) in whole.items() if left != right]
        + (["path"] if any("path" in row["differs"] for row in rows) else []),
        "tasks": rows,
    }


def _row(path: str, one: Step | None, other: Step | None) -> dict[str, Any]:
    differs = []
    if one is None or other is None:
        differs.append("path")
    else:
        pairs = {"status": (one.status, other.status), "output": (one.output, other.output)}
        differs = [name for name, (left, right) in pairs.items() if left != right]
        differs += ["error"] if _error(one) != _error(other) else []
    return {
        "path": path,
        "task": pointer(path),
        "name": plain(path).rpartition("/")[2],
        "a": None if one is None else one.plain(),
        "b": None if other is None else other.plain(),
        "differs": differs,
    }


def _error(step: Step) -> Any:
    return None if step.error is None else json.loads(step.error)
