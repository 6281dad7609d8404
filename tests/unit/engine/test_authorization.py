"""`$authorization`: the worker fills it in; the engine knows no more than the scheme."""

from __future__ import annotations

import json

import pytest

from agentos.authoring import catalog, expression_check
from engine import events as e
from language.check import check
from language.document import read
from tests.unit.engine.documents import document, run

CALL = "call: http, with: {method: get, endpoint: {uri: 'https://e.com', authentication: AUTH}MORE}"
SCHEME = "output: {as: '${ $authorization }'}"


def call(authentication: str, more: str = "", then: str = "") -> str:
    made = CALL.replace("AUTH", authentication).replace("MORE", more)
    return f"use: {{secrets: [key]}}\ndo: [{{a: {{{made}{then and ', ' + then}}}}}]"


@pytest.mark.parametrize(
    ("authentication", "scheme"),
    [
        ("{bearer: {token: '${ $secrets.key }'}}", "Bearer"),
        ("{basic: {use: key}}", "Basic"),
        ("{oauth2: {use: key}}", "Bearer"),
        ("{digest: {username: a, password: b}}", "Digest"),
    ],
)
def test_outside_of_arguments_there_is_the_scheme_alone(authentication: str, scheme: str) -> None:
    assert run(call(authentication, then=SCHEME), {}).output == {"scheme": scheme}


def test_without_authentication_it_is_null() -> None:
    assert run("do: [{a: {set: {x: '${ $authorization }'}}}]").output == {"x": None}


def test_in_arguments_it_is_left_to_the_worker() -> None:
    played = run(call("{bearer: {use: key}}", ", headers: {x: '${ $authorization.parameter }', y: 1}"), {})
    (scheduled,) = [event for event in played.events if isinstance(event, e.TaskScheduled)]
    assert json.loads(scheduled.arguments)["headers"] == {"x": None, "y": 1}
    parts = {part["pointer"]: part for part in json.loads(scheduled.secret_expressions or "[]")}
    assert json.loads(parts["/headers/x"]["input"])[1:] == [None]


def test_its_parameter_is_refused_where_it_would_get_into_the_log() -> None:
    def told(body: str) -> list[str]:
        return [problem.message for problem in check(read(document(body)), catalog(), expression_check())]

    bearer = "{bearer: {use: key}}"
    assert told(call(bearer, ", headers: {x: '${ $authorization.parameter }'}")) == []
    assert told(call(bearer, then="output: {as: '${ $authorization.scheme }'}")) == []
    (output,) = told(call(bearer, then="output: {as: '${ $authorization.parameter }'}"))
    assert "would write the parameter of $authorization into the log" in output
    assert len(told(call(bearer, then="export: {as: '${ {x: $authorization[\"parameter\"]} }'}"))) == 1
    assert len(told("do: [{a: {set: {x: '${ $authorization.parameter }'}}}]")) == 1
