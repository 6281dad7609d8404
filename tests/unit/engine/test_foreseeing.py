"""What a fork would do, told before it exists."""

from __future__ import annotations

import json

from engine import commands as c
from engine.comparing import story_of
from engine.foreseeing import Foresight
from engine.recorded import collected, recorded_text
from engine.replay import fold, new_state
from engine.snapshot import dump
from testkit import play
from testkit.play import Play

DOCUMENT = """document: {dsl: '1.0.3', namespace: demo, name: main, version: '1.0.0'}
do:
  - a: {call: echo, with: {n: '${ .n }'}}
  - b: {call: echo, with: {n: '${ $workflow.input.n }'}}
  - w: {wait: PT1H}
  - l: {listen: {to: {one: {with: {type: x}}}}}
  - c: {call: echo, with: {n: 7}}
"""


def foreseen(played: Play, event: int, mode: str, overrides: str = "{}") -> Foresight:
    history = played.journal.history("run")
    state = new_state("run")
    for commit in history:
        for number, each in enumerate(commit.events, commit.seq):
            if number <= event:
                fold(state, each, commit.at_ms)
    recorded = collected(history, event)
    order = c.ForkRun(
        forked_from="run",
        at_event=event,
        state=dump(state),
        namespace="demo",
        name="main",
        version="1.0.0",
        mode=mode,
        overrides=overrides,
        recorded=recorded_text(recorded) if mode != "live" else "{}",
    )
    heard = collected(history).results
    story = story_of(history)
    world = played.journal.world
    return Foresight(world=world, story=story, heard=heard, at_ms=played.journal.now_ms).of(order)


def run() -> Play:
    return play(DOCUMENT, {"n": 1}, {name: {"n": name} for name in "abc"}, events=[{"type": "x", "data": 1}])


def test_live_every_task_runs_again() -> None:
    found = foreseen(run(), 1, "live")
    assert [(task.path, task.what) for task in found.tasks] == [
        ("/do/0/a", "runs"), ("/do/1/b", "runs"), ("/do/3/l", "listens"), ("/do/4/c", "runs"),
    ]  # fmt: skip
    assert found.state.status == "completed"


def test_with_reuse_only_what_is_given_something_else_runs() -> None:
    found = foreseen(run(), 4, "reuse", json.dumps({"input": {"n": 2}}))
    assert [(task.path, task.what) for task in found.tasks if task.what != "listens"] == [
        ("/do/0/a", "reused"), ("/do/1/b", "runs"), ("/do/4/c", "reused"),
    ]  # fmt: skip
    assert found.plain()["totals"]["runs"]["tasks"] == 1


def test_in_stub_mode_nothing_goes_out_and_what_is_missing_is_told() -> None:
    same = foreseen(run(), 4, "stub")
    assert (same.state.status, {task.what for task in same.tasks}) == ("completed", {"reused"})
    changed = foreseen(run(), 4, "stub", json.dumps({"input": {"n": 2}}))
    assert changed.state.status == "faulted"
    assert "nothing is recorded for what goes into /do/1/b" in str(getattr(changed.state, "error", ""))
    given = foreseen(run(), 4, "stub", json.dumps({"input": {"n": 2}, "outputs": {"b": {"n": 3}}}))
    assert [(task.path, task.what) for task in given.tasks] == [
        ("/do/0/a", "reused"), ("/do/1/b", "given"), ("/do/4/c", "reused"),
    ]  # fmt: skip


def test_beyond_a_task_that_never_ended_nothing_is_known() -> None:
    played = play(DOCUMENT.replace("call: echo, with: {n: 7}", "wait: PT1S"), {"n": 1}, {"a": 1, "b": 2})
    found = foreseen(played, 1, "live").plain()
    assert found["status"] == "unknown"
    assert found["tasks"][-1]["what"] == "listens"
    assert found["tasks"][-1]["assumed"] is False
