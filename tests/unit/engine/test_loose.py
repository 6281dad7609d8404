"""`evaluate.mode: loose`: any text where an expression may stand is tried as one, and stays a text if it fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import events as e
from testkit import Play
from tests.unit.engine.documents import run

LOOSE = "evaluate: {mode: loose}\n"


def loosely(body: str, given: Any = None, **more: Any) -> Play:
    return run(LOOSE + body, given, **more)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".x + 1", 2),
        ("${ .x }", 1),
        ("hello world", "hello world"),
        ("com.example.order.v1", "com.example.order.v1"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("", ""),
        ("true", True),
        (".x.y", ".x.y"),
        ("${ .x.y }", "${ .x.y }"),
        ("$nobody", "$nobody"),
        ("$secrets.key", "$secrets.key"),
        ("now", "now"),
        ("[range(3)]", [0, 1, 2]),
        ("[range(3)] | error", "[range(3)] | error"),
        ('"x is \\(.x)"', "x is 1"),
        ("empty", None),
    ],
)
def test_a_text_is_an_expression_if_it_can_be_evaluated(text: str, value: Any) -> None:
    written = json.dumps(text)
    assert loosely(f"do: [{{a: {{set: {{deep: [{written}], plain: {written}}}}}}}]", {"x": 1}).output == {
        "deep": [value],
        "plain": value,
    }


def test_keys_and_strict_documents_are_left_as_they_are() -> None:
    assert loosely("do: [{a: {set: {.x: 1}}}]", {"x": 1}).output == {".x": 1}
    assert run("do: [{a: {set: {n: '.x + 1'}}}]", {"x": 1}).output == {"n": ".x + 1"}


def test_transformations_may_be_texts() -> None:
    assert loosely("input: {from: just words}\ndo: [{a: {set: {got: .}}}]").output == {"got": "just words"}
    assert loosely("do: [{a: {set: {x: 5}, output: {as: .x}, export: {as: {kept: .}}}}]").output == 5


def test_a_condition_that_fails_is_an_error_as_a_text_is_no_condition() -> None:
    played = loosely("do: [{a: {if: .x.y, set: {z: 1}}}]", {"x": 1})
    assert (played.status, played.error["type"].rpartition("/")[2]) == ("faulted", "expression")


def test_durations_may_be_expressions() -> None:
    played = loosely(
        "do: [{a: {wait: {seconds: .n}}}, {b: {wait: PT1S}}, {c: {wait: .late}}]", {"n": 7, "late": "PT2S"}
    )
    times = [event.fire_at_ms for event in played.events if isinstance(event, e.TimerStarted)]
    assert [time - played.state.started_at_ms for time in times] == [7000, 8000, 10_000]


def test_arguments_of_calls_are_tried_and_secrets_stay_with_the_worker() -> None:
    call = "{method: get, endpoint: 'https://e.com/{id}', headers: {id: .id, kind: text/plain, key: $secrets.key}}"
    played = loosely(f"do: [{{a: {{call: http, with: {call}}}}}]", {"id": 7})
    (scheduled,) = [event for event in played.events if isinstance(event, e.TaskScheduled)]
    assert json.loads(scheduled.arguments) == {
        "method": "get",
        "endpoint": "https://e.com/7",
        "headers": {"id": 7, "kind": "text/plain", "key": None},
    }
    (part,) = json.loads(scheduled.secret_expressions or "[]")
    assert part["pointer"] == "/headers/key"


def test_what_is_emitted_and_raised_is_tried() -> None:
    emitted = loosely("do: [{a: {emit: {event: {with: {source: 'https://s', type: com.t, data: {n: .n}}}}}}]", {"n": 1})
    assert (emitted.output["type"], emitted.output["data"]) == ("com.t", {"n": 1})
    raised = loosely(
        "do: [{a: {raise: {error: {type: 'https://e/x', status: 400, title: .n, detail: no no}}}}]", {"n": 1}
    )
    assert (raised.error["title"], raised.error["detail"]) == (1, "no no")


def test_filters_of_events_are_tried() -> None:
    body = "do: [{l: {listen: {to: {one: {with: {type: com.paid, subject: .id, data: .amount > 10}}}}}}]"
    events = [
        {"type": "com.paid", "subject": "7", "data": {"amount": 5}},
        {"type": "com.paid", "subject": "8", "data": {"amount": 50}},
        {"type": "com.paid", "subject": "7", "data": {"amount": 20}},
    ]
    assert loosely(body, {"id": "7"}, events=events).output == [{"amount": 20}]
