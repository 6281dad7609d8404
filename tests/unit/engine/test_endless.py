"""A `listen` without end keeps no more than it needs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import commands as c
from engine import events as e
from engine.evolve import TAKEN_MAX
from engine.snapshot import dump
from engine.state import RunState
from testkit import Journal, Play, play
from testkit.play import definition_of, world_of
from tests.unit.engine.documents import document

EACH = "foreach: {item: e, do: [{d: {set: {v: '${ $e }'}}}]"


def listening(foreach: str, until: str = "false") -> str:
    return document(f"do: [{{l: {{listen: {{to: {{any: [{{with: {{type: n}}}}], until: {until}}}}}{foreach}}}}}]")


def heard(body: str, count: int) -> Play:
    return play(body, events=[{"type": "n", "data": number} for number in range(count)])


@pytest.mark.parametrize("until", ["false", "'${ false }'"])
@pytest.mark.parametrize("foreach", ["", f", {EACH}}}", f", {EACH}, export: {{as: '{{last: .v}}'}}}}"])
def test_its_state_stays_as_large_as_it_was(foreach: str, until: str) -> None:
    few, many = (len(dump(heard(listening(foreach, until), count).state)) for count in (5, 50))
    per_event = len(json.dumps("0123456789abcdef")) + 1
    assert many - few <= 45 * per_event + 20


def test_the_keys_it_knows_copies_by_are_bounded() -> None:
    played = heard(listening(""), TAKEN_MAX + 10)
    assert len(played.state.tasks["/do/0/l"].taken) == TAKEN_MAX


def test_each_event_is_worked_through_once_and_in_order() -> None:
    played = heard(listening(f", {EACH}, export: {{as: '[(. // {{}}).v]'}}}}"), 6)
    items = [json.loads(event.data or "null") for event in played.events if isinstance(event, e.ScopeStarted)][1:]
    assert items == [0, 1, 2, 3, 4, 5]
    assert json.loads(played.state.context) == [5]


def test_a_copy_of_an_event_that_is_forgotten_is_refused() -> None:
    played = heard(listening(f", {EACH}}}"), 3)
    again = json.dumps({"specversion": "1.0", "id": "e3", "source": "/test", "type": "n", "data": 0})
    (rejected,) = played.journal.order("run", c.DeliverEvent(path="/do/0/l", filter_index=0, event=again)).events
    assert isinstance(rejected, e.CommandRejected)
    assert "was taken before" in rejected.reason


def test_a_listen_that_holds_more_than_it_may_ends_by_an_error() -> None:
    journal = Journal(world=world_of([definition_of(listening("", "length == 1000"))]))
    journal.order("run", c.StartRun(namespace="test", name="main", version="1.0.0", input="{}"))
    for number in range(10):
        event = {"specversion": "1.0", "id": str(number), "source": "/s", "type": "n", "data": "x" * 1_000_000}
        journal.order("run", c.DeliverEvent(path="/do/0/l", filter_index=0, event=json.dumps(event)))
    journal.order("run", c.ContinueRun())
    state: Any = journal.states["run"]
    assert isinstance(state, RunState)
    assert state.status == "faulted"
    assert "wait to be worked through" in json.loads(state.error or "{}")["detail"]
