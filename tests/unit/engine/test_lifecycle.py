"""Lifecycle events: what others are told of a run."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine.lifecycle import Lifecycle, kinds, lifecycle_of
from engine.snapshot import dump
from engine.state import RunState
from testkit.journal import Journal
from testkit.play import Fails, Play, definition_of, world_of
from tests.unit.engine.documents import document, run

SEEN: set[str] = set()


def told(journal: Journal, run_id: str = "run") -> list[Lifecycle]:
    """Give what is told of a run; by the way, that the fold is the engine's."""
    state = RunState(run_id=run_id)
    found = [each for commit in journal.history(run_id) for each in lifecycle_of(state, commit)]
    assert dump(state) == dump(journal.states[run_id])
    SEEN.update(each.kind for each in found)
    return found


def required(journal: Journal) -> list[str]:
    return [f"{each.kind}{_task(each)}" for each in told(journal) if each.is_required]


def statuses(journal: Journal, of: str = "workflow") -> list[str]:
    return [data(each)["status"] for each in told(journal) if each.kind == f"{of}.status-changed"]


def data(each: Lifecycle) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(each.event)["data"]
    return found


def _task(each: Lifecycle) -> str:
    return f" {data(each)['task']}" if each.kind.startswith("task.") else ""


def started(body: str, given: Any = None) -> Journal:
    """Give a run that is played by hand."""
    journal = Journal(world=world_of([definition_of(document(body))]))
    start = c.StartRun(namespace="test", name="main", version="1.0.0", input=json.dumps(given or {}))
    journal.order("run", start)
    return journal


def only(journal: Journal, kind: str) -> dict[str, Any]:
    (found,) = [json.loads(each.event) for each in told(journal) if each.kind == kind]
    return dict(found)


def test_a_run_that_is_over_at_once_is_told_in_full() -> None:
    played = run("do: [{a: {set: {x: 1}}}]")
    assert required(played.journal) == [
        "workflow.started",
        "task.created /do/0/a",
        "task.started /do/0/a",
        "task.completed /do/0/a",
        "workflow.completed",
    ]
    assert statuses(played.journal) == ["running", "completed"]
    assert statuses(played.journal, "task") == ["pending", "running", "completed"]


def test_the_data_is_what_the_standard_says() -> None:
    journal = run("do: [{a: {set: {x: 1}}}]").journal
    event = only(journal, "workflow.started")
    assert event["type"] == "io.serverlessworkflow.workflow.started.v1"
    name = event["data"]["name"]
    assert name.endswith("-run.test")
    assert event["data"]["definition"]["namespace"] == "test"
    assert event["data"]["startedAt"] == event["time"]
    completed = only(journal, "task.completed")["data"]
    assert completed == {"workflow": name, "task": "/do/0/a", "completedAt": event["time"], "output": {"x": 1}}
    assert only(journal, "workflow.completed")["data"]["output"] == {"x": 1}


def test_every_event_has_an_id_of_its_own_that_is_always_the_same() -> None:
    journal = run("do: [{f: {for: {in: '[1,2]'}, do: [{a: {wait: PT1S}}]}}]").journal
    first, second = told(journal), told(journal)
    assert first == second
    assert len({json.loads(each.event)["id"] for each in first}) == len(first)


def test_faults_carry_their_error() -> None:
    played = run("do: [{a: {call: echo, with: {}}}]", results={"a": Fails(status=503)})
    found = required(played.journal)
    assert found[-2:] == ["task.faulted /do/0/a", "workflow.faulted"]
    assert only(played.journal, "task.faulted")["data"]["error"]["status"] == 503
    assert only(played.journal, "workflow.faulted")["data"]["error"]["status"] == 503


def test_retries_are_told() -> None:
    body = "do: [{t: {try: [{a: {call: echo, with: {}}}], catch: {retry: {limit: {attempt: {count: 2}}}}}}]"
    played = run(body, results={"a": (Fails(), {"ok": True})})
    found = required(played.journal)
    assert [each for each in found if each.startswith("task.retried")] == ["task.retried /do/0/t"]
    assert found.count("task.started /do/0/t/try/0/a") == 2
    assert found[-1] == "workflow.completed"


def test_waiting_and_correlation_are_told() -> None:
    filters = "{one: {with: {type: a}, correlate: {order: {from: .order}}}}"
    body = f"do: [{{l: {{listen: {{to: {filters}}}}}}}]"
    played: Play = run(body, events=[{"type": "a", "data": {"order": 7}}])
    assert required(played.journal)[3:5] == ["workflow.correlation-started", "workflow.correlation-completed"]
    assert only(played.journal, "workflow.correlation-completed")["data"]["correlationKeys"] == {"order": 7}
    assert statuses(played.journal) == ["running", "waiting", "completed"]
    assert statuses(played.journal, "task") == ["pending", "running", "waiting", "running", "completed"]


def test_a_pause_is_told_for_the_run_and_each_live_task() -> None:
    journal = started("do: [{d: {do: [{w: {wait: PT1H}}]}}]")
    journal.order("run", c.SuspendRun())
    journal.order("run", c.ResumeRun())
    found = required(journal)
    assert found[-6:] == [
        "workflow.suspended",
        "task.suspended /do/0/d",
        "task.suspended /do/0/d/do/0/w",
        "workflow.resumed",
        "task.resumed /do/0/d",
        "task.resumed /do/0/d/do/0/w",
    ]
    assert statuses(journal) == ["running", "waiting", "suspended", "waiting"]


def test_tasks_that_end_with_their_run_are_cancelled_innermost_first() -> None:
    journal = started("do: [{d: {do: [{w: {wait: PT1H}}]}}]")
    journal.order("run", c.CancelRun())
    assert required(journal)[-3:] == [
        "task.cancelled /do/0/d/do/0/w",
        "task.cancelled /do/0/d",
        "workflow.cancelled",
    ]


def test_losers_of_a_competition_are_cancelled() -> None:
    body = "do: [{f: {fork: {compete: true, branches: [{a: {wait: PT1S}}, {b: {wait: PT1H}}]}}}]"
    found = required(run(body).journal)
    assert found.count("task.cancelled /do/0/f/fork/branches/1/b") == 1
    assert "task.cancelled /do/0/f/fork/branches/0/a" not in found


def test_an_operator_who_retries_a_task_is_told_of() -> None:
    played = run("do: [{a: {call: echo, with: {}}}]", results={"a": Fails()})
    played.journal.order("run", c.RetryTask(path=""))
    assert "task.retried /do/0/a" in required(played.journal)
    assert statuses(played.journal)[-2:] == ["faulted", "running"]


def test_every_task_that_started_ends_once_when_its_run_is_over() -> None:
    body = (
        "do: [{f: {for: {in: '[1,2,3]'}, do: [{t: {try: [{r: {raise: {error: {type: x, status: 1}}}}], catch: "
        "{do: [{h: {set: {y: 1}}}]}}}]}}, {e: {do: [{x: {set: {z: 1}, then: end}}]}}, {never: {set: {q: 1}}}]"
    )
    found = required(run(body).journal)
    begun = [each.split()[1] for each in found if each.startswith("task.started")]
    ends = ("task.completed", "task.faulted", "task.cancelled")
    ended = [each.split()[1] for each in found if each.startswith(ends)]
    assert sorted(begun) == sorted(ended)


def test_there_is_a_way_to_each_kind_of_event() -> None:
    assert {kind for kind in kinds() if kind not in SEEN} == set()
