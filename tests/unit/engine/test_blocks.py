"""Loops, branches, error handling, functions and extensions."""

from __future__ import annotations

from engine import events as e
from testkit import Fails
from tests.unit.engine.documents import run

UNAVAILABLE = Fails(status=503)


def test_a_loop_hands_its_data_from_one_iteration_to_the_next_until_its_condition_fails() -> None:
    body = (
        "do: [{l: {for: {each: x, in: .xs}, while: '(.sum // 0) < 5', do: ["
        "{add: {set: {xs: '${ .xs }', sum: '${ (.sum // 0) + $x }'}}}]}}]"
    )
    assert run(body, {"xs": [1, 2, 3, 4, 5]}).output == {"xs": [1, 2, 3, 4, 5], "sum": 6}


def test_inner_loops_see_the_variables_of_outer_ones() -> None:
    body = (
        "do: [{l: {for: {each: x, in: .xs}, do: [{m: {for: {each: y, in: '[10, 20]', at: i}, do: ["
        "{add: {set: {xs: '${ .xs }', r: '${ (.r // []) + [$x + $y + $i] }'}}}]}}]}}]"
    )
    assert run(body, {"xs": [1, 2]}).output == {"xs": [1, 2], "r": [11, 22, 12, 23]}


def test_a_concurrent_loop_gives_its_results_in_declared_order() -> None:
    body = "do: [{l: {for: {each: x, in: .xs, concurrency: 2}, do: [{c: {call: echo, with: {v: '${ $x }'}}}]}}]"
    assert run(body, {"xs": [1, 2, 3]}).output == [{"v": 1}, {"v": 2}, {"v": 3}]


def test_a_long_loop_is_cut_into_commits_of_bounded_length() -> None:
    body = "do: [{l: {for: {each: x, in: .xs}, do: [{add: {set: {xs: [], n: '${ (.n // 0) + 1 }'}}}]}}]"
    played = run(body, {"xs": list(range(1000))})
    assert played.output == {"xs": [], "n": 1000}
    assert max(len(commit.events) for commit in played.journal.commits) <= 302


def test_a_fork_gives_the_outputs_of_all_branches_in_order() -> None:
    body = "do: [{f: {fork: {branches: [{a: {set: {x: 1}}}, {b: {do: [{c: {call: echo, with: {y: '${ .n }'}}}]}}]}}}]"
    assert run(body, {"n": 5}).output == [{"x": 1}, {"y": 5}]


def test_the_first_of_competing_branches_wins_and_the_others_are_cancelled() -> None:
    body = "do: [{f: {fork: {compete: true, branches: [{a: {call: slow}}, {b: {set: {won: b}}}]}}}]"
    played = run(body, results={"a": lambda _: {"won": "a"}})
    assert played.output == {"won": "b"}
    cancelled = [event for event in played.events if isinstance(event, e.TaskCancelled)]
    assert [(event.path, event.awaiting) for event in cancelled] == [("/do/0/f/fork/branches/0/a", "worker")]


def test_a_failing_task_is_retried_with_a_delay_that_grows() -> None:
    body = (
        "do: [{t: {try: [{g: {call: echo}}], catch: {errors: {with: {status: 503}}, retry: "
        "{delay: {seconds: 1}, backoff: {exponential: {}}, limit: {attempt: {count: 5}}}}}}]"
    )
    played = run(body, results={"g": (UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, {"n": 4})})
    assert played.output == {"n": 4}
    retried = [(event.attempt, event.delay_ms) for event in played.events if isinstance(event, e.TaskRetried)]
    assert retried == [(2, 1000), (3, 2000), (4, 4000)]


def test_jitter_is_derived_so_that_the_same_run_has_the_same_delay() -> None:
    body = (
        "do: [{t: {try: [{g: {call: echo}}], catch: {retry: {jitter: {from: {milliseconds: 10}, "
        "to: {milliseconds: 5000}}, limit: {attempt: {count: 1}}}}}}]"
    )
    plays = [run(body, results={"g": (UNAVAILABLE, {})}) for _ in range(2)]
    delays = [[event.delay_ms for event in play.events if isinstance(event, e.TaskRetried)] for play in plays]
    assert delays[0] == delays[1]
    assert 10 <= delays[0][0] <= 5000


def test_an_error_goes_on_when_no_attempt_is_left() -> None:
    played = run(
        "do: [{t: {try: [{g: {call: echo}}], catch: {retry: {limit: {attempt: {count: 2}}}}}}]",
        results={"g": UNAVAILABLE},
    )
    assert (played.status, played.error["status"], played.error["instance"]) == ("faulted", 503, "/do/0/t/try/0/g")
    assert len(played.calls) == 3


def test_an_error_one_try_does_not_catch_goes_to_the_next_one_out() -> None:
    body = (
        "do: [{t: {try: [{u: {try: [{g: {raise: {error: {type: x, status: 7}}}}],"
        " catch: {errors: {with: {status: 2}}}}}], catch: {as: err,"
        " do: [{h: {set: {s: '${ $err.status }', i: '${ $err.instance }'}}}]}}}]"
    )
    assert run(body).output == {"s": 7, "i": "/do/0/t/try/0/u/try/0/g"}


def test_finally_runs_after_success_and_after_an_error_and_changes_neither() -> None:
    done = run("do: [{t: {try: [{g: {set: {a: 1}}}], finally: [{z: {set: {b: 2}}}]}}]")
    assert (done.output, done.path) == ({"a": 1}, ["/do/0/t/try/0/g", "/do/0/t/finally/0/z", "/do/0/t"])
    failed = run("do: [{t: {try: [{g: {raise: {error: {type: x, status: 1}}}}], finally: [{z: {call: log}}]}}]")
    assert (failed.status, failed.error["status"]) == ("faulted", 1)
    assert [pointer for pointer, _ in failed.calls] == ["/do/0/t/finally/0/z"]


def test_a_function_is_called_with_its_arguments_as_input() -> None:
    body = "use: {functions: {f: {call: echo, with: {q: '${ .a }'}}}}\ndo: [{x: {call: f, with: {a: 5}}}]"
    assert run(body).output == {"q": 5}


def test_extensions_run_before_and_after_the_tasks_they_extend() -> None:
    body = (
        "use: {extensions: [{log: {extend: call, before: [{b: {call: log, with: {m: '${ $task.reference }'}}}],"
        " after: [{a: {call: log, with: {m: after}}}]}}]}\ndo: [{x: {call: echo, with: {a: 5}}}]"
    )
    played = run(body)
    assert played.output == {"a": 5}
    assert [arguments for _, arguments in played.calls] == [{"m": "/do/0/x"}, {"a": 5}, {"m": "after"}]


def test_an_extension_can_take_the_place_of_a_task() -> None:
    body = (
        "use: {extensions: [{mock: {extend: call, when: '$task.with.a == 5', before: "
        "[{b: {set: {mocked: true}, then: exit}}]}}]}\n"
        "do: [{x: {call: echo, with: {a: 5}}}, {y: {call: echo, with: {a: '${ .mocked }'}}}]"
    )
    played = run(body)
    assert played.output == {"a": True}
    assert len(played.calls) == 1
