"""The examples of the standard: all are understood, and those whose services can stand on one machine are run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import commands as c
from engine import messages as m
from engine.definition import Definition
from testkit import Journal, Play
from testkit.play import world_of
from tests.conformance.cases import CASES, NOT_RUN, Case
from tests.conformance.services import PETSTORE
from tests.conformance.stage import Stage

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
LOG = "https://raw.githubusercontent.com/serverlessworkflow/catalog/main/functions/log/1.0.0/function.yaml"
LOG_FUNCTION = """
input:
  schema:
    document: {type: object, required: [message], properties: {message: {type: string}}}
run:
  script:
    language: python
    arguments: ['${ .level }', '${ .message }']
    code: |
      import sys
      print(": ".join(sys.argv[1:]))
"""
#: Run below in tests of their own, since more than input and events is needed.
BY_HAND = {"call-custom-function-cataloged", "call-mcp", "try-catch-retry-inline", "try-catch-retry-reusable"}
ONE_BY_ONE = [pytest.param(name, case, id=f"{name}-{i}") for name in CASES for i, case in enumerate(CASES[name])]


def test_every_example_is_run_or_has_a_reason_why_not() -> None:
    assert len(EXAMPLES) == 66
    assert sorted([*CASES, *BY_HAND, *NOT_RUN]) == sorted(EXAMPLES)


def test_the_page_names_what_is_not_run() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/conformance.md").read_text(encoding="utf-8")
    assert [name for name in [*NOT_RUN, *BY_HAND, *CASES] if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_read_checked_and_compiled(name: str, stage: Stage) -> None:
    stage.hosts.handlers[LOG] = lambda _: (200, LOG_FUNCTION)
    definition = stage.definition(EXAMPLES[name])
    assert json.loads(definition.document)["document"]["name"] == definition.name


@pytest.mark.parametrize(("name", "case"), ONE_BY_ONE)
def test_an_example_runs(name: str, case: Case, stage: Stage) -> None:
    for address in case.doors:
        stage.open_door(address)
    stage.secrets.update(case.secrets)
    definition = stage.definition(EXAMPLES[name])
    if definition.schedule is not None:
        played = scheduled(stage, definition, case)
    else:
        played = stage.play(definition, case.given, events=case.events, workflows=case.workflows)

    assert played.status == case.status, played.error
    if case.output is not None:
        assert played.output == case.output
    assert case.judge(played, stage.hosts), (played.output, played.error)


def scheduled(stage: Stage, definition: Definition, case: Case) -> Play:
    """Play the run that an example's schedule starts, with the input that the schedule gives it."""
    journal = Journal(world=world_of([definition]))
    name = f"schedule:{definition.namespace}/{definition.name}"
    journal.order(
        name,
        c.ActivateSchedule(
            namespace=definition.namespace,
            name=definition.name,
            version=definition.version,
            schedule=definition.schedule or "",
        ),
    )
    for event in case.events:
        whole = {"specversion": "1.0", "id": "1", "source": "/conformance", **event}
        journal.order(name, c.DeliverEvent(path="", filter_index=0, event=json.dumps(whole)))
    for timer in [each for each in journal.outbox if isinstance(each, m.SetTimer)]:
        journal.fire(timer)
    sent = [each.command.body for each in journal.outbox if isinstance(each, m.SendCommand)]
    (start,) = [body for body in sent if isinstance(body, c.StartRun)]
    return stage.play(definition, json.loads(start.input))


def test_a_catalogued_function_is_fetched_when_it_is_published_and_runs_from_then_on(stage: Stage) -> None:
    stage.hosts.handlers[LOG] = lambda _: (200, LOG_FUNCTION)
    definition = stage.definition(EXAMPLES["call-custom-function-cataloged"])
    stage.hosts.handlers.clear()

    played = stage.play(definition)

    assert played.output == "information: Hello, world!\n"
    assert [each.url for each in stage.hosts.seen] == [LOG]


@pytest.mark.parametrize("name", ["try-catch-retry-inline", "try-catch-retry-reusable"])
def test_a_service_that_is_away_is_asked_again_with_growing_delays(name: str, stage: Stage) -> None:
    answers: list[tuple[int, Any]] = [(503, None), (503, None), (200, {"id": 1})]
    stage.hosts.handlers[f"{PETSTORE}/pet/"] = lambda _: answers.pop(0)

    played = stage.play(EXAMPLES[name], {"petId": 1})

    assert played.output == {"id": 1}
    assert played.state.ended_at_ms - played.state.started_at_ms == 3000 + 6000


def test_the_extension_that_mocks_a_service_answers_in_its_place(stage: Stage) -> None:
    called = EXAMPLES["mock-service-extension"].replace(
        "endpoint:\n          uri: https://fake.com", "endpoint: https://mocked.service.com"
    )

    played = stage.play(called)

    assert played.output == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "content": {"foo": {"bar": "baz"}},
    }
    assert stage.hosts.seen == []


def test_the_server_of_tools_is_started_as_the_example_says(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Path(__file__).with_name("slack_server.py")
    program = tmp_path / "npx"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{server}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    played = stage.play(EXAMPLES["call-mcp"])

    assert played.status == "completed", played.error
    assert played.output["structuredContent"] == {
        "channel_id": "C1234567890",
        "payload": "Hello, world! :wave:",
        "arguments": "slack-mcp-serverr@latest --transport stdio",
        "has_token": True,
    }
