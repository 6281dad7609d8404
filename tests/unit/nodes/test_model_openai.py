from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nodes.errors import STANDARD
from tests.unit.nodes.asking import Asking, asking
from tests.unit.nodes.model_server import openai_event

USAGE = {"prompt_tokens": 20, "completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": 12}}
TOOL = {"name": "weather", "description": "Tells it", "parameters": {"type": "object"}}


@pytest.fixture
async def ask() -> AsyncIterator[Asking]:
    async with asking("openai") as found:
        yield found


async def test_an_answer_streams_live_and_says_what_it_took(ask: Asking) -> None:
    ask.server.then(
        openai_event(role="assistant", content=""),
        openai_event(content="Tit"),
        openai_event(content="an"),
        openai_event(end="stop"),
        {"choices": [], "usage": USAGE},
        "[DONE]",
    )

    found = await ask({"role": "system", "content": "Be short"}, "Largest moon?", temperature=0, maxOutputTokens=9)

    assert found["message"] == {"role": "assistant", "content": [{"type": "text", "text": "Titan"}]}
    assert (found["finishReason"], found["model"], found["cost"]) == ("stop", "gpt-x-2026", None)
    assert found["usage"] == {"inputTokens": 20, "outputTokens": 8, "cachedTokens": 12}
    assert ask.services.shown == [("token", "Tit"), ("token", "an")]
    path, headers, body = ask.server.seen[0]
    assert (path, headers["authorization"]) == ("/chat/completions", "Bearer the-operators-key")
    assert body["messages"] == [
        {"role": "system", "content": "Be short"},
        {"role": "user", "content": "Largest moon?"},
    ]
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0, 9, True)


async def test_tools_are_offered_asked_for_and_answered_with_what_the_service_wants_back(ask: Asking) -> None:
    ask.server.then(
        openai_event(tool_calls=[{"index": 0, "id": "a", "function": {"name": "weather", "arguments": '{"city"'}}]),
        openai_event(tool_calls=[{"index": 0, "function": {"arguments": ':"Bern"}'}, "extra_content": {"sig": "s"}}]),
        openai_event(tool_calls=[{"index": 1, "id": "b", "function": {"name": "weather", "arguments": "{broken"}}]),
        openai_event(end="tool_calls"),
        "[DONE]",
    )
    first = await ask("Weather?", tools=[TOOL])

    assert first["finishReason"] == "tool_calls"
    assert first["message"]["toolCalls"] == [
        {
            "id": "a",
            "name": "weather",
            "arguments": {"city": "Bern"},
            "provider": {"openai": {"extra_content": {"sig": "s"}}},
        },
        {"id": "b", "name": "weather", "invalidArguments": "{broken"},
    ]
    assert ask.server.asked["tools"] == [{"type": "function", "function": TOOL}]

    ask.server.then(openai_event(end="stop", content="Sunny"), "[DONE]")
    await ask("Weather?", first["message"], {"role": "tool", "toolCallId": "a", "content": "sun"}, tools=[TOOL])

    _, assistant, tool = ask.server.asked["messages"]
    assert assistant["content"] is None
    assert assistant["tool_calls"][0]["extra_content"] == {"sig": "s"}
    assert [call["function"]["arguments"] for call in assistant["tool_calls"]] == ['{"city": "Bern"}', "{broken"]
    assert tool == {"role": "tool", "tool_call_id": "a", "content": "sun"}


async def test_an_answer_is_bound_to_a_schema_strictly_where_the_schema_allows_it(ask: Asking) -> None:
    loose: dict[str, Any] = {"type": "object", "properties": {"moon": {"type": "string"}}}
    strict = loose | {"required": ["moon"], "additionalProperties": False}
    for schema, is_strict in ((loose, False), (strict, True)):
        ask.server.then(openai_event(end="stop", content='{"moon": "Titan"}'), "[DONE]")
        await ask("Largest moon?", output={"schema": schema}, options={"stream_options": None, "seed": 7})

        form = {"name": "answer", "schema": schema, "strict": is_strict}
        assert ask.server.asked["response_format"] == {"type": "json_schema", "json_schema": form}
        assert "stream_options" not in ask.server.asked
        assert ask.server.asked["seed"] == 7


async def test_images_go_along_as_bytes_wherever_they_are(ask: Asking) -> None:
    ask.server.then(openai_event(end="stop", content="A cat"), "[DONE]")
    data = base64.b64encode(b"\x89PNG").decode()
    images = [
        {"type": "image", "mediaType": "image/png", "data": data},
        {"type": "image", "url": ask.server.url + "/cat.png"},
    ]
    await ask({"role": "user", "content": [{"type": "text", "text": "What?"}, *images]})

    parts = ask.server.asked["messages"][0]["content"]
    assert parts[1:] == [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}] * 2


@pytest.mark.parametrize("event", [openai_event(end="content_filter"), openai_event(refusal="No", end="stop")])
async def test_a_blocked_answer_may_be_asked_for_again(ask: Asking, event: Any) -> None:
    ask.server.then(event, "[DONE]")
    error = await ask.failure("x")

    assert (error.retryable, error.problem["reason"]) == (True, "safety")


async def test_a_limit_of_rates_says_how_long_to_wait(ask: Asking) -> None:
    ask.server.then_refuse(429, {"error": {"message": "Slow down", "code": "rate_limit"}}, **{"retry-after": "2"})
    error = await ask.failure("x")

    assert (error.retryable, error.problem["status"], error.problem["retryAfterMs"]) == (True, 429, 2000)
    assert error.problem["reason"] == "rate-limit"


async def test_an_account_without_credit_is_not_asked_again(ask: Asking) -> None:
    ask.server.then_refuse(429, {"error": {"message": "No credit", "code": "insufficient_quota"}})
    error = await ask.failure("x")

    assert (error.retryable, error.problem["reason"]) == (False, "quota")


async def test_overload_passes_and_a_wrong_key_does_not(ask: Asking) -> None:
    ask.server.then_refuse(529, {"error": {"message": "Overloaded"}})
    overload = await ask.failure("x")
    ask.server.then_refuse(401, {"error": {"message": "Wrong key"}})
    wrong = await ask.failure("x")

    assert (overload.retryable, overload.problem["reason"]) == (True, "overload")
    assert (wrong.retryable, wrong.problem["type"]) == (False, STANDARD + "authentication")


async def test_an_error_within_a_stream_and_a_broken_stream_are_told(ask: Asking) -> None:
    ask.server.then(openai_event(content="I"), {"error": {"message": "Busy", "code": 503}})
    within = await ask.failure("x")
    ask.server.then(openai_event(content="I"))
    broken = await ask.failure("x")
    ask.server.then("no json")
    garbage = await ask.failure("x")

    assert (within.retryable, within.problem["reason"]) == (True, "overload")
    assert (broken.retryable, broken.problem["reason"]) == (True, "malformed")
    assert (garbage.retryable, garbage.problem["reason"]) == (True, "malformed")
