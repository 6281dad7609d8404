"""Places where a run could wait for ever for something that never comes."""

from __future__ import annotations

import json

from engine import commands as c
from engine import messages as m
from engine.state import RunState
from testkit.journal import Journal
from testkit.play import definition_of, world_of
from tests.unit.engine.documents import document, run


def begun(body: str, given: object = None, head: str | None = None) -> Journal:
    """Give a journal in which the run `run` of the document was started."""
    text = document(body)
    journal = Journal(world=world_of([definition_of(text.replace("'1.0.0'}", head) if head else text)]))
    start = c.StartRun(namespace="test", name="main", version="1.0.0", input=json.dumps(given or {}))
    journal.order("run", start)
    return journal


def state(journal: Journal) -> RunState:
    """Give the state of the run."""
    found = journal.states["run"]
    assert isinstance(found, RunState)
    return found


def dispatched(journal: Journal) -> list[m.DispatchTask]:
    """Take everything out of the outbox; give what is for workers."""
    messages, journal.outbox = journal.outbox, []
    return [message for message in messages if isinstance(message, m.DispatchTask)]


def completed(journal: Journal, task: m.DispatchTask, output: str = "1") -> None:
    """Report a task's result."""
    journal.order("run", c.CompleteTask(path=task.path, attempt=task.attempt, output=output), actor="worker")


def failed(journal: Journal, task: m.DispatchTask) -> None:
    """Report that a task failed."""
    error = '{"status": 500, "title": "No"}'
    journal.order("run", c.FailTask(path=task.path, attempt=task.attempt, error=error), actor="worker")


def test_a_run_whose_child_cannot_start_learns_it() -> None:
    played = run("do: [{r: {run: {workflow: {namespace: test, name: nowhere, version: '1.0.0'}}}}]")
    assert played.status == "faulted"
    assert "test/nowhere/1.0.0 is not published" in played.error["detail"]
    assert played.error["type"].endswith("/configuration")
