"""What documents refer to outside of them, fetched through the real guarded client when they are published."""

from __future__ import annotations

import pytest

from agentos.authoring import catalog, expression_check
from agentos.resources import fetching_with
from api.checking import problems_of
from infra.worker_settings import NodeSettings
from language.resolving import Judge
from nodes.base import Caps
from nodes.http.addresses import AddressPolicy
from nodes.http.client import HttpOptions
from tests.conformance.hosts import Asked
from tests.conformance.stage import Stage

HEAD = "document: {dsl: '1.0.3', namespace: n, name: n, version: '1.0.0'}\n"
RAW = "https://raw.githubusercontent.com/shop/functions"
GREET = "set: {greeting: '${ \"hello \" + .name }'}\n"
CATALOG = (
    HEAD
    + """\
use:
  secrets: [robot]
  catalogs:
    ours:
      endpoint: {uri: 'https://catalog.example/root/', authentication: {basic: POLICY}}
do:
  - greet: {call: 'greet:2.1.0@ours', with: {name: Ada}}
"""
)
CALL = HEAD + "do:\n  - greet: {call: ADDRESS, with: {name: Ada}}\n"


def guarded(asked: Asked) -> tuple[int, object]:
    return (200, GREET) if asked.user == ("robot", "s3cret") else (401, f"not with {asked.headers['authorization']}")


@pytest.mark.parametrize(
    "policy",
    [
        "{username: robot, password: s3cret}",
        "{use: robot}",
        "{username: '${ $secrets.robot.username }', password: '${ $secrets.robot.password }'}",
    ],
)
def test_a_catalog_is_entered_with_constants_and_with_secrets_of_whoever_publishes(
    policy: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTOS_SECRET_ROBOT", '{"username": "robot", "password": "s3cret"}')
    stage.hosts.handlers["https://catalog.example/root/functions/greet/2.1.0/function.yaml"] = guarded

    played = stage.play(CATALOG.replace("POLICY", policy))

    assert played.output == {"greeting": "hello Ada"}


def test_no_secret_is_told_when_a_catalog_keeps_its_door_shut(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTOS_SECRET_ROBOT", '{"username": "robot", "password": "wrong-password"}')
    stage.hosts.handlers["https://catalog.example/"] = lambda asked: (403, f"not with {asked.user[1]}")

    (problem,) = problems_of(CATALOG.replace("POLICY", "{use: robot}"), stage.judge)

    assert "status 403 Forbidden: not with ***" in problem.message
    assert (problem.line, problem.column) == (8, 19)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("{use: robot}", "expected a secret called 'robot', found none"),
        ("{username: '${ $secrets.robot }', password: '${ $workflow.id }'}", "constants and $secrets alone"),
        ("{username: '${ $secrets.robot }', password: x}", "is not as expected; wrong: basic"),
    ],
)
def test_credentials_that_are_not_there_when_publishing_are_told(policy: str, said: str, stage: Stage) -> None:
    (problem,) = problems_of(CATALOG.replace("POLICY", policy), stage.judge)
    assert said in problem.message


def test_a_function_in_a_repository_is_found_on_a_branch_or_at_a_tag(stage: Stage) -> None:
    stage.hosts.handlers[f"{RAW}/v2/greet/function.yaml"] = lambda _: (200, GREET)
    page = "https://github.com/shop/functions/blob/v2/greet/function.yaml"

    assert stage.play(CALL.replace("ADDRESS", page)).output == {"greeting": "hello Ada"}
    assert [each.url for each in stage.hosts.seen] == [
        f"{RAW}/refs/heads/v2/greet/function.yaml",
        f"{RAW}/v2/greet/function.yaml",
    ]
    at_tag = "https://github.com/shop/functions/greet@v2"
    assert stage.play(CALL.replace("ADDRESS", at_tag)).output == {"greeting": "hello Ada"}


def test_size_is_limited_and_text_must_be_text(stage: Stage) -> None:
    stage.hosts.handlers["https://f.example/large"] = lambda _: (200, "#" + "x" * 300_000)
    call = CALL.replace("ADDRESS", "https://f.example/large")

    assert "at most 262144 bytes" in problems_of(call, stage.judge)[0].message


def test_private_addresses_are_refused_unless_an_operator_allows_them(stage: Stage) -> None:
    options = stage.hosts.options(Caps(timeout_s=5))
    strict = HttpOptions(policy=AddressPolicy(), caps=options.caps, resolver=options.resolver)
    fetch = fetching_with(strict, NodeSettings(), stage.runner.run)
    judge = Judge(catalog=catalog(), check_expressions=expression_check(), fetch=fetch)

    (problem,) = problems_of(CALL.replace("ADDRESS", "https://f.example/f.yaml"), judge)

    assert "AGENTOS_HTTP_ALLOW_PRIVATE" in problem.message
    assert (problem.line, problem.column) == (3, 19)


@pytest.mark.parametrize("address", ["ftp://f.example/f.yaml", "file:///etc/passwd"])
def test_only_http_is_spoken(address: str, stage: Stage) -> None:
    (problem,) = problems_of(CALL.replace("ADDRESS", address), stage.judge)
    assert "expected an http or https address" in problem.message
