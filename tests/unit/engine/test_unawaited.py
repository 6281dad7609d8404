"""Work that nobody waits for is sent all the same."""

from __future__ import annotations

from engine import events as e
from engine.react import react
from tests.unit.engine.test_dead_ends import begun, completed, dispatched, state

LEFT_ALONE = "do: [{a: {run: {shell: {command: 'echo hi'}, await: false}}}, {b: {set: {x: 1}}}]"


def test_a_task_that_is_not_awaited_is_sent_and_the_run_goes_on() -> None:
    journal = begun(LEFT_ALONE)
    (task,) = dispatched(journal)
    assert (task.path, task.node_type, task.attempt) == ("/do/0/a", "shell", 1)
    assert state(journal).status == "completed"


def test_it_is_sent_again_with_the_same_ids_after_a_take_over() -> None:
    journal = begun(LEFT_ALONE)
    first = dispatched(journal)
    (commit,) = journal.commits
    assert react(state(journal), commit) == first


def test_its_result_is_refused_and_changes_nothing() -> None:
    journal = begun(LEFT_ALONE)
    (task,) = dispatched(journal)
    completed(journal, task)
    assert isinstance(journal.commits[-1].events[0], e.CommandRejected)
    assert state(journal).status == "completed"


def test_an_awaited_task_that_is_closed_is_not_sent_again() -> None:
    journal = begun("do: [{a: {call: slow}}]")
    (task,) = dispatched(journal)
    completed(journal, task)
    assert [react(state(journal), commit) for commit in journal.commits] == [[], []]
