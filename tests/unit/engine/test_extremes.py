"""Values at the edge of what can be written: they fail their run, never the rules."""

from __future__ import annotations

import json

import pytest

from engine import commands as c
from engine import messages as m
from engine.decide.delays import DELAY_MAX_MS
from schemas.codec import encode
from testkit import Fails
from testkit.outside import evaluated
from tests.unit.engine.documents import run
from tests.unit.engine.test_dead_ends import begun, completed, dispatched, state

DEEP = "[" * 3000 + "]" * 3000


def test_an_input_above_the_limit_of_payloads_is_refused_before_anything_reads_it() -> None:
    journal = begun("do: [{s: {set: {a: 1}}}]")
    start = c.StartRun(namespace="test", name="main", version="1.0.0", input=json.dumps("x" * 1_100_000))
    (event,) = journal.order("other", start).events
    assert type(event).__name__ == "CommandRejected"
    assert "the limit is 1048576" in event.reason  # type: ignore[union-attr]


@pytest.mark.parametrize("wait", ["{days: 1.0e+300}", "P99999999999999D", '\'${ "P" + .n + "D" }\''])
def test_no_delay_is_longer_than_a_hundred_years(wait: str) -> None:
    journal = begun(f"do: [{{w: {{wait: {wait}}}}}]", {"n": "9" * 400})
    (timer,) = state(journal).timers.values()
    assert timer.fire_at_ms == journal.now_ms + DELAY_MAX_MS
    assert encode(journal.commits[-1])


def test_a_backoff_beyond_all_numbers_is_the_longest_delay() -> None:
    retry = "{delay: {seconds: 1}, backoff: {exponential: {factor: 1.0e+300}}, limit: {attempt: {count: 3}}}"
    played = run(f"do: [{{t: {{try: [{{g: {{call: echo}}}}], catch: {{retry: {retry}}}}}}}]", results={"g": Fails()})
    assert played.status == "faulted"


@pytest.mark.parametrize(
    "after",
    [
        "{l: {for: {each: x, in: '.'}, do: [{s: {set: {a: 1}}}]}}",
        "{s: {set: {a: 1}, input: {schema: {document: {type: object}}}}}",
        "{r: {raise: {error: '${ . }'}}}",
    ],
)
def test_a_result_that_nests_too_deep_faults_its_task(after: str) -> None:
    journal = begun(f"do: [{{a: {{call: slow}}}}, {after}]")
    completed(journal, dispatched(journal)[0], DEEP)
    assert state(journal).status == "faulted"
    assert "nest" in json.loads(state(journal).error or "{}")["detail"]


def test_an_event_or_error_that_nests_too_deep_is_refused_or_replaced() -> None:
    journal = begun("do: [{l: {listen: {to: {any: []}}}}]")
    event = f'{{"id": "1", "source": "s", "type": "n", "data": {DEEP}}}'
    commit = journal.order("run", c.DeliverEvent(path="/do/0/l", filter_index=0, event=event))
    assert type(commit.events[0]).__name__ == "CommandRejected"

    journal = begun("do: [{a: {call: slow}}]")
    task = dispatched(journal)[0]
    journal.order("run", c.FailTask(path=task.path, attempt=1, error=f'{{"status": 500, "more": {DEEP}}}'))
    assert state(journal).status == "faulted"


def test_half_a_character_in_a_result_is_replaced_before_anybody_has_to_write_it() -> None:
    journal = begun("do: [{a: {call: slow}}, {l: {for: {each: x, in: '.'}, do: [{c: {call: slow}}]}}]")
    completed(journal, dispatched(journal)[0], '["\\ud800 \\ud83d\\ude00"]')
    assert all(encode(commit) for commit in journal.commits)
    assert state(journal).scopes["/do/1/l/do"].variables == '{"x":"\ufffd \U0001f600","index":0}'


def test_payloads_are_measured_in_bytes() -> None:
    journal = begun("do: [{a: {call: slow}}]")
    completed(journal, dispatched(journal)[0], json.dumps("\u20ac" * 600_000, ensure_ascii=False))
    assert "1800002 bytes" in json.loads(state(journal).error or "{}")["detail"]


def test_an_error_that_goes_up_through_many_levels_stays_in_commits_of_bounded_size() -> None:
    body = "{r: {raise: {error: {type: 'http://x', status: 400, detail: '${ .d }'}}}}"
    for level in range(12):
        body = f"{{d{level}: {{do: [{body}]}}}}"
    journal = begun(f"do: [{{a: {{call: slow}}}}, {body}]")
    completed(journal, dispatched(journal)[0], json.dumps({"d": "x" * 400_000}))
    while journal.outbox:
        message = journal.outbox.pop(0)
        if isinstance(message, m.DispatchTask):
            journal.order("run", evaluated(message))
        elif isinstance(message, m.SendCommand):
            journal.submit(message.command)
    assert state(journal).status == "faulted"
    assert max(len(encode(commit)) for commit in journal.commits) < 3_000_000
