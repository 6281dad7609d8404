"""States that are decided on are copies: the one before stays as it was, however wide it is."""

from __future__ import annotations

import time

from engine import commands as c
from engine.replay import replay
from engine.snapshot import copy_state, dump, state_hash
from engine.state import RunState
from tests.unit.engine.test_dead_ends import begun, completed, dispatched, failed, state

WIDE = "do: [{l: {for: {each: x, in: '.', concurrency: 100000}, do: [{c: {call: slow}}, {d: {set: {a: 1}}}]}}]"


def test_the_state_before_a_decision_stays_as_it_was() -> None:
    journal = begun(WIDE, list(range(60)))
    tasks = dispatched(journal)
    for number, task in enumerate(tasks):
        before = state(journal)
        text = dump(before)
        if number == 40:
            journal.order("run", c.SuspendRun())
        if number == 50:
            journal.order("run", c.ResumeRun())
        completed(journal, task)
        assert dump(before) == text
    assert state(journal).status == "completed"
    assert state_hash(replay("run", journal.history("run"))) == state_hash(state(journal))


def test_a_copy_of_a_copy_is_as_free_as_the_first() -> None:
    journal = begun(WIDE, list(range(60)))
    first = state(journal)
    text = dump(first)
    for task in list(first.tasks):
        changed = copy_state(copy_state(first))
        assert isinstance(changed, RunState)
        changed.tasks[task].results[1] = "changed"
        found = changed.tasks.get(task)
        assert found is not None
        found.cursor = 99
    assert dump(first) == text


def test_a_fault_in_a_wide_loop_leaves_the_state_before_alone() -> None:
    journal = begun(WIDE, list(range(60)))
    before = state(journal)
    text = dump(before)
    failed(journal, dispatched(journal)[50])
    assert state(journal).status == "faulted"
    assert dump(before) == text


def test_the_result_of_one_of_many_tasks_costs_little() -> None:
    journal = begun(WIDE, list(range(3000)))
    tasks = []
    while journal.outbox:
        for message in list(journal.outbox):
            journal.outbox.remove(message)
            if hasattr(message, "command"):
                journal.submit(message.command)
            else:
                tasks.append(message)
    began_at = time.process_time()
    for task in tasks[:200]:
        completed(journal, task)  # type: ignore[arg-type]
    assert (time.process_time() - began_at) / 200 < 0.005
