"""Runs with very many live tasks."""

from __future__ import annotations

from dataclasses import replace

from engine import commands as c
from engine import messages as m
from engine.decide import Limits
from engine.state import RunState
from testkit import Journal
from testkit.play import definition_of, world_of
from tests.unit.engine.documents import document


def test_a_crowded_run_begins_nothing_beside_what_is_live_and_still_comes_to_its_end() -> None:
    loop = "{for: {each: x, in: .xs, concurrency: 9}, do: [{c: {call: echo, with: {v: '${ $x }'}}}]}"
    definition = definition_of(document(f"do: [{{o: {{for: {{in: .xs, concurrency: 9}}, do: [{{l: {loop}}}]}}}}]"))
    world = replace(world_of([definition]), limits=Limits(live_scopes_max=10))
    journal = Journal(world=world)
    start = c.StartRun(namespace="test", name="main", version="1.0.0", input='{"xs":[1,2,3,4,5,6]}')
    journal.order("run", start)
    crowd = 0
    while journal.outbox:
        message = journal.outbox.pop(0)
        state = journal.states["run"]
        assert isinstance(state, RunState)
        crowd = max(crowd, len(state.scopes))
        if isinstance(message, m.SendCommand):
            journal.submit(message.command)
        elif isinstance(message, m.DispatchTask):
            journal.order("run", c.CompleteTask(path=message.path, attempt=1, output=message.arguments))

    assert journal.states["run"].status == "completed"
    assert crowd <= 10 + 6
