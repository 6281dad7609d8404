"""Forks: what was under way begins again, what was asked to be different is, and what does not fit is named."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.recorded import collected, recorded_text
from engine.replay import fold, new_state
from engine.snapshot import dump
from engine.state import RunState
from testkit.journal import Journal
from testkit.play import definition_of, world_of

HEAD = "document: {dsl: '1.0.3', namespace: demo, name: main, version: 'VERSION'}\n"
BODY = """do:
  - a: {call: echo, with: {n: '${ .n }'}}
  - all:
      fork:
        branches:
          - work: {call: echo, with: {c: '${ $context }'}, timeout: {after: PT1H}}
          - wait: {wait: PT10M}
          - hear: {listen: {to: {one: {with: {type: x}}}}}
          - child: {run: {workflow: {namespace: demo, name: kid, version: '1', input: {k: 1}}}}
          - ask: {call: human_approval, with: {title: 'Pay?', deadline: PT1H}}
"""
KID = HEAD.replace("main", "kid").replace("VERSION", "1") + "do: [{k: {wait: PT1M}}]"
MINUTE = 60_000


def text(body: str = BODY, version: str = "1.0.0") -> str:
    return HEAD.replace("VERSION", version) + body


def busy(*more: str) -> Journal:
    """Give a run in the middle of everything, five minutes after that began."""
    journal = Journal(world=world_of([definition_of(each) for each in (text(), KID, *more)]))
    journal.order("run", c.StartRun(namespace="demo", name="main", version="1.0.0", input='{"n":1}'))
    journal.order("run", c.CompleteTask(path="/do/0/a", attempt=1, output='{"x":1}'))
    journal.now_ms += 5 * MINUTE
    journal.order("run", c.HeartbeatTask(path=f"{BRANCHES}/0/work", attempt=1, worker="w", lease_ms=1000))
    return journal


BRANCHES = "/do/1/all/fork/branches"


def fork(journal: Journal, run_id: str = "fork", overrides: Any = None, **more: Any) -> RunState:
    """Fork the run as it is, two hours later."""
    state = journal.states["run"]
    assert isinstance(state, RunState)
    journal.now_ms += 120 * MINUTE
    given = {"version": state.version, **more}
    order = c.ForkRun(
        forked_from="run",
        at_event=state.seq,
        state=dump(state),
        namespace="demo",
        name="main",
        overrides=json.dumps(overrides or {}),
        **given,
    )
    journal.outbox.clear()
    journal.order(run_id, order, actor="user:ana")
    made = journal.states[run_id]
    assert isinstance(made, RunState)
    return made


def refusal(journal: Journal) -> str:
    (event,) = journal.commits[-1].events
    assert isinstance(event, e.CommandRejected)
    return event.reason


def test_what_was_under_way_begins_again_under_the_new_run() -> None:
    journal = busy()
    before = dump(journal.states["run"])
    made = fork(journal)

    sent = {type(each).__name__: each for each in journal.outbox}
    assert {each.run_id for each in journal.outbox if isinstance(each, m.DispatchTask)} == {"fork"}
    dispatched = next(each for each in journal.outbox if isinstance(each, m.DispatchTask) and each.node_type == "echo")
    assert dispatched.idempotency_key == f"fork{BRANCHES}/0/work/1"
    assert isinstance(opened := sent["OpenSubscription"], m.OpenSubscription)
    assert (opened.run_id, opened.path) == ("fork", f"{BRANCHES}/2/hear")
    started = next(each.command for each in journal.outbox if isinstance(each, m.SendCommand))
    assert isinstance(started.body, c.StartRun)
    assert (started.body.parent_run_id, started.run_id.startswith("fork.")) == ("fork", True)
    assert list(made.approvals) == [f"{BRANCHES}/4/ask"]
    assert (made.started_by, made.source, made.seq > 1) == ("user:ana", "fork", True)
    assert dump(journal.states["run"]) == before


def test_timers_keep_the_time_that_was_left_and_leases_are_gone() -> None:
    journal = busy()
    made = fork(journal)
    left = {timer.timer_id: timer.fire_at_ms - journal.now_ms for timer in made.timers.values()}
    assert left[f"{BRANCHES}/1/wait"] == 5 * MINUTE
    assert left[f"{BRANCHES}/0/work#timeout"] == 55 * MINUTE
    # An approval that is asked again has its whole time.
    assert left[f"{BRANCHES}/4/ask#deadline"] == 60 * MINUTE
    assert f"{BRANCHES}/0/work#lease" not in left


def test_outputs_are_given_to_live_tasks_and_to_those_to_come() -> None:
    journal = busy()
    outputs = {"work": 1, "wait": 2, f"{BRANCHES}/2/hear": 3, "child": 4, "ask": 5}
    made = fork(journal, overrides={"outputs": outputs})
    assert (made.status, made.output) == ("completed", "[1,2,3,4,5]")


def test_a_context_is_seen_by_what_begins_again() -> None:
    journal = busy()
    made = fork(journal, overrides={"context": {"who": "me"}})
    assert made.tasks[f"{BRANCHES}/0/work"].arguments == '{"c":{"who":"me"}}'


def test_what_is_unknown_or_over_is_refused_with_the_names_there_are() -> None:
    journal = busy()
    fork(journal, "f1", overrides={"outputs": {"wrok": 1}})
    assert "'wrok' is no task of the workflow; there are " in refusal(journal)
    assert f"{BRANCHES}/0/work" in refusal(journal)
    fork(journal, "f2", overrides={"outputs": {"a": 1}})
    assert refusal(journal) == "/do/0/a has ended at this event already: fork at an event before it ended"
    fork(journal, "f3", version="9.9.9")
    assert refusal(journal) == "the definition demo/main/9.9.9 is not published"
    fork(journal, "f4", mode="dry")
    assert refusal(journal) == "expected a mode of live, reuse, stub, found 'dry'"
    fork(journal, "f5", overrides={"outptus": {}})
    assert "expected overrides with members of input, context, outputs, mapping" in refusal(journal)


def test_a_definition_that_does_not_fit_is_refused_task_by_task() -> None:
    other = text(BODY.replace("wait: {wait: PT10M}", "wait: {set: {}}").replace("- work:", "- toil:"), "2.0.0")
    journal = busy(other)
    fork(journal, version="2.0.0")
    assert f"{BRANCHES}/1/wait was a wait and is a set" in refusal(journal)
    assert f"{BRANCHES}/0 is another branch there, 'toil'" in refusal(journal)


def test_recorded_results_are_taken_where_the_input_is_the_same() -> None:
    journal = busy()
    seq = journal.states["run"].seq
    (first, *_) = journal.history("run")
    begun = new_state("run")
    fold(begun, first.events[0], first.at_ms)
    recorded = recorded_text(collected(journal.history("run")))
    for run_id, overrides, is_reused in (("same", {}, True), ("other", {"input": {"n": 2}}, False)):
        order = c.ForkRun(
            forked_from="run", at_event=1, state=dump(begun), namespace="demo", name="main", version="1.0.0",
            mode="reuse", recorded=recorded, overrides=json.dumps(overrides),
        )  # fmt: skip
        commit = journal.order(run_id, order)
        assert any(isinstance(event, e.ResultReused) for event in commit.events) is is_reused
    assert journal.states["run"].seq == seq


def test_who_waits_for_a_run_waits_for_the_one_that_takes_its_place() -> None:
    journal = Journal(world=world_of([definition_of(text()), definition_of(KID)]))
    start = c.StartRun(
        namespace="demo", name="main", version="1.0.0", input="{}", parent_run_id="above", parent_path="/do/0/x"
    )
    journal.order("run", start)
    alone = fork(journal, "alone")
    heir = fork(journal, "heir", supersedes=True)
    cancel = next(each.command for each in journal.outbox if isinstance(each, m.SendCommand))
    assert (alone.parent_run_id, heir.parent_run_id) == (None, "above")
    assert cancel.body == c.CancelRun(reason="superseded by heir", superseded_by="heir")
    journal.outbox.clear()
    journal.submit(cancel)
    assert not [each for each in journal.outbox if isinstance(each, m.SendCommand)]


def test_a_faulted_run_is_forked_where_it_faulted() -> None:
    journal = Journal(world=world_of([definition_of(text()), definition_of(KID)]))
    journal.order("run", c.StartRun(namespace="demo", name="main", version="1.0.0", input='{"n":1}'))
    journal.order("run", c.FailTask(path="/do/0/a", attempt=1, error='{"type":"x","status":500}'))
    made = fork(journal)
    assert (made.status, list(made.tasks)) == ("running", ["", "/do/0/a@2"])
