"""Concurrency limits when messages are repeated, come late, or carry odd keys."""

from __future__ import annotations

import json

import pytest

from engine import commands as c
from engine import messages as m
from engine.errors import InvalidDefinition
from engine.events import Commit
from engine.gates import GateState
from engine.react import react
from testkit.journal import Journal
from testkit.outside import evaluated
from testkit.play import definition_of, world_of
from tests.unit.engine.documents import document

LIMITED = "'1.0.0', metadata: {concurrency: {limit: 1, policy: cancelOldest, key: '${ KEY }'}}}"


def begun(key: str = ".k", given: object = None) -> Journal:
    """Give a journal with a run that asked its gate; what it sent is in the outbox."""
    text = document("do: [{w: {call: slow}}]").replace("'1.0.0'}", LIMITED.replace("KEY", key))
    journal = Journal(world=world_of([definition_of(text)]))
    start(journal, "run", given)
    return journal


def start(journal: Journal, run_id: str, given: object = None) -> Commit:
    """Start a run."""
    order = c.StartRun(namespace="test", name="main", version="1.0.0", input=json.dumps(given or {"k": "a"}))
    return journal.order(run_id, order)


def settle(journal: Journal) -> None:
    """Deliver every command that was sent."""
    while journal.outbox:
        message = journal.outbox.pop(0)
        if isinstance(message, m.SendCommand):
            journal.submit(message.command)


def holders(journal: Journal) -> list[str]:
    """Give who holds a place."""
    return [run for state in journal.states.values() if isinstance(state, GateState) for run in state.holders]


def gate_ids(journal: Journal) -> list[str]:
    """Give the gates there are."""
    return [state.run_id for state in journal.states.values() if isinstance(state, GateState)]


def test_a_run_that_is_past_its_gate_does_not_ask_it_again_after_a_take_over() -> None:
    journal = begun()
    settle(journal)
    assert react(journal.states["run"], journal.commits[0]) == []


def test_a_place_granted_to_a_run_that_ended_meanwhile_is_given_back() -> None:
    journal = begun()
    late = [message for message in journal.outbox if isinstance(message, m.SendCommand)]
    settle(journal)
    journal.order("run", c.CancelRun())
    settle(journal)
    assert holders(journal) == []

    journal.outbox += late
    settle(journal)
    assert holders(journal) == []


def test_a_question_that_comes_after_the_end_of_its_run_costs_no_other_run_its_place() -> None:
    journal = begun()
    late = [message for message in journal.outbox if isinstance(message, m.SendCommand)]
    settle(journal)
    journal.order("run", c.CancelRun())
    start(journal, "other")
    settle(journal)
    journal.outbox += late
    settle(journal)
    assert holders(journal) == ["other"]
    assert journal.states["other"].status == "running"


def test_a_key_that_has_to_be_evaluated_outside_holds_the_run_back_all_the_same() -> None:
    journal = begun(key='"a" | until(length > 3; . + "a")')
    start(journal, "other")
    for message in list(journal.outbox):
        assert isinstance(message, m.DispatchTask)
        journal.outbox.remove(message)
        journal.order(message.run_id, evaluated(message))
    assert [state.status for state in journal.states.values()] == ["queued", "queued"]
    settle(journal)
    assert holders(journal) == ["other"]
    assert gate_ids(journal) == ["gate:test/main/aaaa"]


@pytest.mark.parametrize("key", ["a\0b", "x" * 5000, "a/b c", "#a", {"k": [1]}, 1, True, None])
def test_any_key_gives_a_gate_an_id_that_is_short_and_its_own(key: object) -> None:
    journal = begun(given={"k": key})
    settle(journal)
    start(journal, "other", {"k": [key]})
    settle(journal)
    one, other = gate_ids(journal)
    assert one != other
    assert len(one) < 200
    assert one.isprintable()


@pytest.mark.parametrize("part", ["5", "{}", "{limit: 0}", "{limit: many}", "{limit: 1, policy: guess}"])
def test_a_limit_that_nobody_could_keep_is_an_error_of_the_document(part: str) -> None:
    text = document("do: [{s: {set: {a: 1}}}]").replace("'1.0.0'}", f"'1.0.0', metadata: {{concurrency: {part}}}}}")
    with pytest.raises(InvalidDefinition) as caught:
        definition_of(text)
    assert caught.value.problems[0].pointer == "/document/metadata/concurrency"
