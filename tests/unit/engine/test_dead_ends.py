"""Places where a run could wait for ever for something that never comes."""

from __future__ import annotations

import json

import pytest

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


def test_a_concurrent_loop_taken_up_again_runs_the_iterations_that_its_fault_cancelled() -> None:
    journal = begun("do: [{l: {for: {each: x, in: '[1, 2, 3]', concurrency: 3}, do: [{c: {call: slow}}]}}]")
    tasks = dispatched(journal)
    completed(journal, tasks[0], '"a"')
    failed(journal, tasks[1])
    dispatched(journal)
    journal.order("run", c.RetryTask(path=""))
    while tasks := dispatched(journal):
        for task in tasks:
            completed(journal, task, '"b"')
    assert (state(journal).status, state(journal).output) == ("completed", '["a","b","b"]')


@pytest.mark.parametrize("order", [c.RetryTask(path=""), c.SkipTask(path="/do/0/d/do/0/c", output="1")])
def test_a_run_taken_up_again_has_its_time_limits_anew(order: c.Order) -> None:
    tasks = "[{c: {call: slow, timeout: {after: PT7S}}}, {w: {call: slow}}]"
    journal = begun(f"timeout: {{after: PT1M}}\ndo: [{{d: {{do: {tasks}, timeout: {{after: '${{ \"PT30S\" }}'}}}}}}]")
    failed(journal, dispatched(journal)[0])
    assert state(journal).timers == {}
    journal.now_ms += 3_600_000
    began_ms = journal.now_ms

    journal.order("run", order)
    left = {name: timer.fire_at_ms - began_ms for name, timer in state(journal).timers.items()}
    assert (left["#timeout"], left["/do/0/d#timeout"]) == (60_000, 30_000)
    assert ("/do/0/d/do/0/c@2#timeout" in left) is isinstance(order, c.RetryTask)
    journal.now_ms += 60_000
    journal.order("run", c.FireTimer(timer_id="#timeout"))
    assert json.loads(state(journal).error or "{}")["status"] == 408


def test_a_time_limit_that_is_evaluated_outside_counts() -> None:
    limit = "'${ \"PT\\(5 | until(. > 4; . + 1))S\" }'"
    journal = begun(f"do: [{{d: {{do: [{{c: {{call: slow}}}}], timeout: {{after: {limit}}}}}}}]")
    completed(journal, dispatched(journal)[0], '"PT5S"')
    assert "/do/0/d#timeout" in state(journal).timers


def test_a_listen_taken_up_again_listens_again() -> None:
    listen = (
        "{listen: {to: {any: [{with: {type: n}}], until: 'length == 2'}}, foreach: {item: e, do: [{c: {call: x}}]}}"
    )
    journal = begun(f"do: [{{l: {listen}}}]")
    event = '{"id": "1", "source": "s", "type": "n", "data": 1}'
    journal.order("run", c.DeliverEvent(path="/do/0/l", filter_index=0, event=event))
    failed(journal, dispatched(journal)[0])
    assert state(journal).status == "faulted"
    dispatched(journal)

    journal.order("run", c.RetryTask(path=""))
    opened = [message for message in journal.outbox if isinstance(message, m.OpenSubscription)]
    assert [(message.path, message.opened_at_ms) for message in opened] == [("/do/0/l", journal.now_ms)]


def test_the_answer_to_an_older_question_is_not_taken_for_that_to_a_newer_one() -> None:
    body = (
        "do: [{t: {try: [{g: {call: slow}}], catch: {when: '${ $error.status | until(. > 400; . + 1) | . == 500 }', "
        "retry: {limit: {attempt: {count: 5}}}}}}]"
    )
    journal = begun(body)
    failed(journal, dispatched(journal)[0])
    question = dispatched(journal)[0]
    completed(journal, question, "true")
    failed(journal, dispatched(journal)[0])
    newer = dispatched(journal)[0]
    assert newer.node_type == "expression"

    completed(journal, question, "false")
    assert state(journal).status == "running"
    completed(journal, newer, "true")
    assert dispatched(journal)[0].path == "/do/0/t/try@3/0/g"
