from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agentos.node_provisions import plain_yaml
from nodes.model import Model
from nodes.model.arguments import ModelArguments
from nodes.provisions import ModelAccess, ModelPrice, ModelRules, Provisions
from tests.unit.nodes.asking import Asking, asking
from tests.unit.nodes.model_server import openai_event, running_model_server
from tests.unit.nodes.service import client, context

PRICE = ModelPrice(input=Decimal("0.30"), output=Decimal("2.50"), cached=Decimal("0.075"))
USAGE = {"inputTokens": 1000, "outputTokens": 100, "cachedTokens": 400}


async def scripted(script: Any, *messages: Any, attempt: int = 1, rules: ModelRules | None = None, **more: Any) -> Any:
    given = {
        "provider": "scripted",
        "model": "m",
        "messages": messages or [{"role": "user", "content": "hi"}],
        "script": script,
    }
    async with client() as http:
        ctx = context(http)
        ctx.attempt = attempt
        node = Model(Provisions(models=rules or ModelRules()))
        return await node.run(ModelArguments.model_validate(given | more), ctx)


async def scripted_failure(script: Any, **more: Any) -> Any:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        await scripted(script, **more)
    return caught.value


async def test_a_script_answers_turn_by_turn() -> None:
    script = [{"toolCalls": [{"name": "http", "arguments": {"a": 1}}]}, {"json": {"moon": "Titan"}}]
    first = await scripted(script)

    assert first["message"]["toolCalls"] == [{"id": "call-0-0", "name": "http", "arguments": {"a": 1}}]
    assert first["finishReason"] == "tool_calls"
    tool = {"role": "tool", "toolCallId": "call-0-0", "content": "done"}
    second = await scripted(script, {"role": "user", "content": "hi"}, first["message"], tool)
    assert second["message"]["content"] == [{"type": "text", "text": '{"moon": "Titan"}'}]
    assert second == second | await scripted(script, turn=1) | {
        "usage": second["usage"],
        "durationMs": second["durationMs"],
    }


async def test_a_script_can_fail_as_services_do_and_then_answer() -> None:
    script = [[{"error": {"status": 429, "retryAfterMs": 20}}, {"error": {"kind": "safety"}}, {"text": "at last"}]]

    limited, held_back = await scripted_failure(script), await scripted_failure(script, attempt=2)

    assert (limited.retryable, limited.problem["status"], limited.problem["retryAfterMs"]) == (True, 429, 20)
    assert (held_back.retryable, held_back.problem["reason"]) == (True, "safety")
    assert (await scripted(script, attempt=3))["message"]["content"][0]["text"] == "at last"
    assert (await scripted(script, attempt=9))["message"]["content"][0]["text"] == "at last"


async def test_a_script_is_a_file_of_the_configured_folder_and_of_no_other(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "tour.json").write_text('{"turns": [{"text": "hello"}]}')
    (tmp_path / "secret.json").write_text("[]")
    rules = ModelRules(scripts=tmp_path / "scripts")

    assert (await scripted("tour.json", rules=rules))["message"]["content"][0]["text"] == "hello"
    for name in ("../secret.json", str(tmp_path / "secret.json"), "none.json", "."):
        assert "expected a script called" in str(await scripted_failure(name, rules=rules))
    assert "AGENTOS_MODEL_SCRIPTS_DIR" in str(await scripted_failure("tour.json"))


async def test_a_script_may_be_yaml_as_the_installation_reads_it(tmp_path: Path) -> None:
    (tmp_path / "tour.yaml").write_text("turns:\n  - toolCalls: [{name: weather, arguments: {city: Bern}}]\n")
    provisions = Provisions(models=ModelRules(scripts=tmp_path), read_yaml=plain_yaml)
    given = {"provider": "scripted", "model": "m", "messages": [{"role": "user", "content": "hi"}]}
    async with client() as http:
        arguments = ModelArguments.model_validate(given | {"script": "tour.yaml"})
        found = await Model(provisions).run(arguments, context(http))

    assert found["message"]["toolCalls"][0]["arguments"] == {"city": "Bern"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([], "expected a turn 0 in the script, found 0 turns"),
        ([[]], "at least one attempt"),
        ({"turns": [{"txt": "x"}]}, "txt"),
        (None, "expected `script`"),
    ],
)
async def test_a_script_that_is_none_is_told(script: Any, told: str) -> None:
    error = await scripted_failure(script)

    assert told in str(error)
    assert not error.retryable


async def test_an_answer_costs_what_the_table_says_to_the_last_digit() -> None:
    script = [{"text": "x", "usage": USAGE}]
    for names in (["m"], ["scripted/m", "m"]):
        rules = ModelRules(
            prices={names[0]: PRICE, **dict.fromkeys(names[1:], ModelPrice(input=Decimal(1), output=Decimal(1)))}
        )
        assert (await scripted(script, rules=rules))["cost"] == {"amount": "0.00046", "currency": "USD"}
    assert (await scripted(script, rules=ModelRules(prices={"other": PRICE})))["cost"] is None


async def test_a_large_sum_and_nothing_are_plain_numbers() -> None:
    assert ModelPrice(input=Decimal(10), output=Decimal(0)).amount(20_000_000, 0, 0) == "200"
    assert PRICE.amount(0, 0, 0) == "0"


@pytest.mark.parametrize(("provider", "variable"), [("gemini", "GEMINI_API_KEY"), ("openai", "OPENAI_API_KEY")])
async def test_without_a_key_the_task_fails_at_once_and_says_what_to_set(provider: str, variable: str) -> None:
    async with client() as http, asking(provider) as other:
        ask = Asking(other.server, http, Model(), provider)
        error = await ask.failure("x")

        assert not error.retryable
        assert error.problem["type"].endswith("/configuration")
        assert f"set {variable} where workers run" in error.problem["detail"]


@pytest.mark.parametrize(
    ("secrets", "arguments", "key"),
    [
        ({}, {}, "the-operators-key"),
        ({"OPENAI_API_KEY": "by-name"}, {}, "by-name"),
        ({"OPENAI_API_KEY": "by-name"}, {"apiKey": "given"}, "given"),
        ({"mine": "chosen"}, {"apiKey": {"use": "mine"}}, "chosen"),
    ],
)
async def test_the_nearest_key_counts_and_is_blacked_out(secrets: Any, arguments: Any, key: str) -> None:
    async with asking("openai") as ask:
        ask.server.then(openai_event(end="stop", content="a"), "[DONE]")
        await ask("x", secrets=secrets, **arguments)

        assert ask.server.seen[0][1]["authorization"] == f"Bearer {key}"
        assert key in ask.services.concealed


async def test_the_operators_key_goes_nowhere_a_workflow_alone_has_named() -> None:
    async with asking("openai") as ask, running_model_server() as other:
        other.then(openai_event(end="stop", content="a"), "[DONE]")
        await ask("x", endpoint=other.url)

        assert "authorization" not in other.seen[0][1]


@pytest.mark.parametrize("provider", ["gemini", "openai"])
async def test_a_private_endpoint_is_refused_unless_an_operator_allows_it(provider: str) -> None:
    async with asking(provider) as ask, client(allowed=()) as strict:
        ask.http = strict
        error = await ask.failure("x")

        assert (error.retryable, error.problem["type"].rpartition("/")[2]) == (False, "authorization")
        assert "AGENTOS_HTTP_ALLOW_PRIVATE" in error.problem["detail"]
        assert ask.server.seen == []


@pytest.mark.parametrize("provider", ["gemini", "openai"])
async def test_a_service_that_is_not_there_is_asked_again_later(provider: str) -> None:
    async with running_model_server() as gone:
        address = gone.url
    async with client() as http:
        access = ModelAccess(key="k", address=address)
        node = Model(Provisions(models=ModelRules(gemini=access, openai=access)))
        error = await Asking(gone, http, node, provider).failure("x")

    assert error.retryable
    assert error.problem["type"].endswith("/communication")


def test_arguments_that_make_no_sense_are_refused() -> None:
    base: dict[str, Any] = {"provider": "openai", "model": "m", "messages": [{"role": "user", "content": "x"}]}
    wrongs: list[dict[str, Any]] = [
        {"provider": "nobody"},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "data": "eA=="}]}]},
        {"temperature": 3},
        {"tools": [{"name": "no good name"}]},
        {"unknown": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            ModelArguments.model_validate(base | wrong)
