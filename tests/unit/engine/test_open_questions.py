"""What the standard leaves open, as the page of the reference decides it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentos.authoring import judge
from api.checking import problems_of
from testkit import Play, play

HEAD = "document: {dsl: '1.0.3', namespace: n, name: n, version: '1.0.0'}\n"
NOWHERE = [
    ("do:\n - a: {set: {x: 1}, then: nowhere}\n", "no such task in this list"),
    ("do:\n - a: {do: [{b: {set: {x: 1}, then: a}}]}\n", "which is in another list"),
    ("do:\n - a: {set: {x: 1}}\n - a: {set: {x: 1}}\n", "is already taken in this list"),
]


def run(tasks: str, given: Any = None, *results: Any, **more: Any) -> Play:
    return play(f"{HEAD}{tasks}\n", given, *results, **more)


@pytest.mark.parametrize(("tasks", "said"), NOWHERE)
def test_a_flow_that_leads_nowhere_is_refused_when_published(tasks: str, said: str) -> None:
    (problem,) = problems_of(HEAD + tasks, judge(None))
    assert said in problem.message


@pytest.mark.parametrize(("value", "runs"), [(False, False), (None, False), (0, True), ("", True), ([], True)])
def test_everything_but_false_and_null_counts_as_true(value: object, runs: bool) -> None:  # noqa: FBT001
    assert (run("do:\n - a: {if: .v, set: {ran: true}}", {"v": value}).output == {"ran": True}) is runs


def test_a_task_whose_condition_does_not_hold_passes_its_raw_input_on_and_directs_nothing() -> None:
    tasks = "do:\n - a: {if: 'false', input: {from: .x}, set: {}, then: end}\n - b: {set: {got: '${ . }'}}"
    assert run(tasks.replace("set: {}", "set: {y: 1}"), {"x": 1}).output == {"got": {"x": 1}}


def test_the_default_of_a_switch_comes_last_and_without_one_the_flow_goes_on() -> None:
    cases = "do:\n - a: {switch: [%s]}\n - b: {set: {b: 1}}\n - c: {set: {c: 1}, then: end}"
    assert run(cases % "{d: {then: end}}, {x: {when: .go, then: c}}", {"go": True}).output == {"c": 1}
    assert run(cases % "{d: {then: end}}, {x: {when: .go, then: c}}", {"go": False}).output == {"go": False}
    assert run(cases % "{x: {when: .go, then: end}}", {"go": False}).path == ["/do/0/a", "/do/1/b", "/do/2/c"]


@pytest.mark.parametrize("value", [None, {"k": 1}, "text", 3])
def test_only_an_array_can_be_gone_through(value: object) -> None:
    played = run("do:\n - a: {for: {in: .v}, do: [{b: {set: {x: 1}}}]}", {"v": value})
    assert played.error["type"].endswith("/validation")
    assert "for.in must give an array" in played.error["detail"]


def test_the_condition_of_a_loop_is_asked_before_each_iteration_and_sees_its_item() -> None:
    tasks = "do:\n - a: {for: {in: .v}, while: '$item < 3', do: [{b: {set: {v: 0, sum: '${ (.sum // 0) + $item }'}}}]}"
    assert run(tasks, {"v": [1, 2, 3, 1]}).output == {"v": 0, "sum": 3}


def test_a_wait_gives_its_input_and_there_is_no_context_before_an_export() -> None:
    tasks = "do:\n - a: {wait: PT1S}\n - b: {set: {before: '${ $context }', data: '${ . }'}}"
    assert run(tasks, {"x": 1}).output == {"before": None, "data": {"x": 1}}


def test_tasks_for_an_event_have_the_event_as_input_and_make_the_output() -> None:
    tasks = (
        "do:\n - a:\n     listen: {to: {any: [{with: {type: t}}], until: length == 2}}\n"
        "     foreach: {do: [{b: {set: {k: '${ .k }', same: '${ . == $item }'}}}]}"
    )
    events = [{"type": "t", "data": {"k": number}} for number in (1, 2)]
    assert run(tasks, {}, events=events).output == [{"k": 1, "same": True}, {"k": 2, "same": True}]


@pytest.mark.parametrize(
    ("value", "address"), [("a b/c", "a%20b%2Fc"), (7, "7"), (False, "false"), (None, ""), ([1], "%5B1%5D")]
)
def test_a_name_in_an_address_is_the_value_as_text_and_nothing_without_one(value: object, address: str) -> None:
    tasks = "do:\n - a: {call: http, with: {method: get, endpoint: 'https://x.example/{v}/{none}'}}"
    ((_, arguments),) = run(tasks, {"v": value}, {"a": None}).calls
    assert arguments["endpoint"] == f"https://x.example/{address}/"


def test_a_name_in_an_address_is_nothing_where_the_data_has_no_names() -> None:
    tasks = (
        "do:\n - a: {input: {from: '[1]'}, call: http, with: {method: get, endpoint: {uri: 'https://x.example/{v}'}}}"
    )
    ((_, arguments),) = run(tasks, {}, {"a": None}).calls
    assert json.dumps(arguments["endpoint"]) == '{"uri": "https://x.example/"}'
