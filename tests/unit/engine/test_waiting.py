"""Timers, time limits, events, child runs, secrets."""

from __future__ import annotations

import json

from engine import commands as c
from engine import events as e
from engine.matching import types_of
from engine.state import RunState
from testkit import Journal, play
from testkit.play import definition_of, world_of
from tests.unit.engine.documents import document, run


def test_a_wait_goes_on_when_its_timer_fires() -> None:
    played = run("do: [{w: {wait: PT5S}}, {s: {set: {a: 1}}}]")
    assert played.output == {"a": 1}
    timers = [event for event in played.events if isinstance(event, e.TimerStarted)]
    assert timers[0].fire_at_ms - played.state.started_at_ms == 5000


def test_a_task_that_takes_too_long_faults_with_a_timeout() -> None:
    played = run("do: [{w: {wait: PT5S, timeout: {after: PT1S}}}]")
    assert (played.status, played.error["status"], played.error["instance"]) == ("faulted", 408, "/do/0/w")


def test_a_workflow_that_takes_too_long_faults_with_a_timeout() -> None:
    played = run("timeout: {after: PT1S}\ndo: [{w: {wait: PT5S}}]")
    assert (played.status, played.error["status"]) == ("faulted", 408)


def test_a_timeout_can_be_caught() -> None:
    body = (
        "do: [{t: {try: [{d: {do: [{w: {wait: PT5S}}], timeout: {after: PT1S}}}], catch: {errors: {with: "
        "{type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout'}}, do: [{s: {set: {late: true}}}]}}}]"
    )
    assert run(body).output == {"late": True}


def test_an_attempt_that_takes_too_long_is_ended_and_made_again() -> None:
    retry = "{delay: PT1S, limit: {attempt: {count: 2, duration: PT5S}}}"
    catch = f"{{as: e, retry: {retry}, do: [{{s: {{set: {{n: '${{ $e.status }}'}}}}}}]}}"
    body = f"do: [{{t: {{try: [{{w: {{wait: PT1H}}}}], catch: {catch}}}}}]"
    played = run(body)
    assert played.output == {"n": 408}
    assert [event.attempt for event in played.events if isinstance(event, e.TaskRetried)] == [2, 3]
    assert played.state.updated_at_ms - played.state.started_at_ms == 17_000
    quick = run(body.replace("PT1H", "PT3S"))
    assert (quick.output, quick.state.timers) == ({}, {})


def test_a_listen_takes_the_event_that_fits_and_gives_its_data() -> None:
    body = "do: [{l: {listen: {to: {one: {with: {type: paid, data: '${ .amount > 10 }'}}}}}}]"
    events = [{"type": "other"}, {"type": "paid", "data": {"amount": 5}}, {"type": "paid", "data": {"amount": 50}}]
    assert run(body, events=events).output == [{"amount": 50}]


def test_a_listen_for_all_waits_for_each() -> None:
    body = "do: [{l: {listen: {to: {all: [{with: {type: a}}, {with: {type: b}}]}, read: envelope}}}]"
    played = run(body, events=[{"type": "b"}, {"type": "b", "id": "again"}, {"type": "a"}])
    assert [event["type"] for event in played.output] == ["b", "b", "a"]


def test_a_listen_works_through_events_one_by_one_until_its_condition_holds() -> None:
    body = (
        "do: [{l: {listen: {to: {any: [{with: {type: n}}], until: 'length == 2'}}, foreach: {item: e, do: "
        "[{d: {set: {twice: '${ $e.v * 2 }'}}}]}}}]"
    )
    played = run(body, events=[{"type": "n", "data": {"v": 1}}, {"type": "n", "data": {"v": 2}}])
    assert played.output == [{"twice": 2}, {"twice": 4}]


def test_a_correlation_without_expectation_is_fixed_by_the_first_event() -> None:
    wanted = "{with: {type: TYPE}, correlate: {order: {from: .order}}}"
    body = f"do: [{{l: {{listen: {{to: {{all: [{wanted.replace('TYPE', 'a')}, {wanted.replace('TYPE', 'b')}]}}}}}}}}]"
    events = [
        {"type": "a", "data": {"order": 1}},
        {"type": "b", "data": {"order": 2}},
        {"type": "b", "data": {"order": 1}},
    ]
    assert run(body, events=events).output == [{"order": 1}, {"order": 1}]


def test_an_emitted_event_has_a_derived_id_and_is_the_output() -> None:
    body = "do: [{x: {emit: {event: {with: {source: 'https://s', type: t, data: {n: '${ .n }'}}}}}}]"
    first, second = run(body, {"n": 1}), run(body, {"n": 1})
    assert first.output == second.output
    assert first.output["data"] == {"n": 1}


def test_a_child_run_gives_its_output_or_its_error() -> None:
    parent = document("do: [{r: {run: {workflow: {namespace: test, name: kid, version: '1.0.0', input: {v: 3}}}}}]")
    well = play(parent, workflows=[document("do: [{w: {set: {k: '${ .v }'}}}]", "kid")])
    assert well.output == {"k": 3}
    ill = play(parent, workflows=[document("do: [{w: {raise: {error: {type: x, status: 9}}}}]", "kid")])
    assert (ill.status, ill.error["status"]) == ("faulted", 9)


def test_no_secret_is_in_the_log_but_the_program_that_needs_it() -> None:
    body = "do: [{c: {call: echo, with: {auth: '${ \"Bearer \" + $secrets.token }', n: '${ .n }'}}}]"
    played = run(body, {"n": 1})
    scheduled = next(event for event in played.events if isinstance(event, e.TaskScheduled))
    assert json.loads(scheduled.arguments) == {"auth": None, "n": 1}
    assert json.loads(scheduled.secret_expressions or "")[0]["pointer"] == "/auth"


def test_secrets_anywhere_else_are_refused() -> None:
    played = run("do: [{s: {set: {x: '${ $secrets.token }'}}}]")
    assert played.error["type"].endswith("/errors/expression")


def test_runs_of_one_workflow_queue_at_its_concurrency_limit() -> None:
    text = document("do: [{s: {set: {a: 1}}}]").replace("'1.0.0'}", "'1.0.0', metadata: {concurrency: {limit: 1}}}")
    played = play(text)
    assert played.status == "completed"
    kinds = [type(event).__name__ for event in played.events]
    assert kinds[:3] == ["RunStarted", "RunQueued", "RunAdmitted"]


def test_two_filters_of_all_that_want_the_same_are_met_by_two_events() -> None:
    body = "do: [{l: {listen: {to: {all: [{with: {type: a}}, {with: {type: a}}]}}}}]"
    assert run(body, events=[{"type": "a", "data": 1}, {"type": "a", "data": 2}]).output == [1, 2]


def test_an_event_on_which_a_filter_fails_is_not_taken() -> None:
    body = "do: [{l: {listen: {to: {one: {with: {type: a, data: '${ .n > $context.limit }'}}}}}}]"
    played = run(body, events=[{"type": "a", "data": "text"}, {"type": "a", "data": {"n": 1}}])
    assert played.output == [{"n": 1}]


def test_listening_to_anything_ends_with_the_event_of_until_alone() -> None:
    body = "do: [{l: {listen: {to: {any: [], until: {one: {with: {type: end}}}}}}}]"
    played = run(body, events=[{"type": "a", "data": 1}, {"type": "b", "data": 2}, {"type": "end"}])
    assert played.output == [1, 2]


def test_a_subscription_says_which_types_it_wants_where_they_are_known() -> None:
    body = "do: [{l: {listen: {to: {any: [{with: {type: '${ .kind }'}}, {with: {type: b, data: '${ .n > 1 }'}}]}}}}]"
    played = run(body, {"kind": "a"})
    opened = next(event for event in played.events if isinstance(event, e.SubscriptionOpened))
    assert types_of(opened.filters) == ("a", "b")
    assert json.loads(opened.filters)[1]["conditions"] == {"data": ".n > 1"}


def test_a_listen_that_is_over_says_which_subscription_ends() -> None:
    body = "do: [{l: {listen: {to: {one: {with: {type: a}}}}}}]"
    played = run(body, events=[{"type": "a"}])
    closed = next(event for event in played.events if isinstance(event, e.SubscriptionClosed))
    assert types_of(closed.filters or "") == ("a",)
    body = "do: [{l: {listen: {to: {one: {with: {type: a}}}}, timeout: {after: PT1S}}}]"
    cancelled = next(event for event in run(body).events if isinstance(event, e.TaskCancelled))
    assert types_of(cancelled.filters or "") == ("a",)


def test_a_secret_named_by_an_authentication_policy_is_looked_up_in_the_worker() -> None:
    body = (
        "use: {authentications: {shop: {basic: {use: shopLogin}}}}\n"
        "do: [{c: {call: http, with: {method: get, endpoint: {uri: 'http://x', authentication: {use: shop}}}}}]"
    )
    played = run(body)
    scheduled = next(event for event in played.events if isinstance(event, e.TaskScheduled))
    part = json.loads(scheduled.secret_expressions or "")[0]
    assert (part["pointer"], part["source"]) == ("/endpoint/authentication/basic", '$secrets["shopLogin"]')


def test_a_task_handed_back_is_sent_out_at_once() -> None:
    journal = Journal(world=world_of([definition_of(document("do: [{a: {call: echo}}]"))]))
    journal.order("run", c.StartRun(namespace="test", name="main", version="1.0.0", input="{}"))
    journal.order("run", c.HeartbeatTask(path="/do/0/a", attempt=1, worker="w", lease_ms=1000))
    journal.outbox.clear()
    commit = journal.order("run", c.HeartbeatTask(path="/do/0/a", attempt=1, worker="w", lease_ms=0))
    assert [type(event).__name__ for event in commit.events] == ["TaskRedispatched"]
    assert [type(message).__name__ for message in journal.outbox] == ["DispatchTask"]
    state = journal.states["run"]
    assert isinstance(state, RunState)
    assert state.timers == {}
