from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from nodes.errors import STANDARD
from tests.unit.nodes.asking import Asking, asking
from tests.unit.nodes.model_server import gemini_event

USAGE = {
    "promptTokenCount": 20,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 3,
    "cachedContentTokenCount": 8,
    "totalTokenCount": 28,
}
TOOL = {"name": "weather", "description": "Tells it", "parameters": {"type": "object", "properties": {"city": {}}}}


def asked(ask: Asking) -> Any:
    """Give the last request with names in camel case: JSON of protocol buffers has both forms, which mean the same."""
    return in_camel_case(ask.server.asked)


def in_camel_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_camel(name): in_camel_case(part) for name, part in value.items()}
    return [in_camel_case(part) for part in value] if isinstance(value, list) else value


@pytest.fixture
async def ask() -> AsyncIterator[Asking]:
    async with asking("gemini") as found:
        yield found


async def test_an_answer_streams_live_and_says_what_it_took(ask: Asking) -> None:
    ask.server.then(
        gemini_event({"text": "Tit"}, modelVersion="gemini-x-001"),
        gemini_event({"text": "an"}, end="STOP", usageMetadata=USAGE),
    )

    found = await ask({"role": "system", "content": "Be short"}, "Largest moon?", temperature=0.5, maxOutputTokens=99)

    assert found["message"] == {"role": "assistant", "content": [{"type": "text", "text": "Titan"}]}
    assert (found["finishReason"], found["model"], found["cost"]) == ("stop", "gemini-x-001", None)
    assert found["usage"] == {"inputTokens": 20, "outputTokens": 8, "cachedTokens": 8}
    assert ask.services.shown == [("token", "Tit"), ("token", "an")]
    path, headers, _ = ask.server.seen[0]
    body = asked(ask)
    assert path == "/v1beta/models/some-model:streamGenerateContent?alt=sse"
    assert headers["x-goog-api-key"] == "the-operators-key"
    assert body["systemInstruction"]["parts"] == [{"text": "Be short"}]
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Largest moon?"}]}]
    assert body["generationConfig"] == {"temperature": 0.5, "maxOutputTokens": 99}


async def test_tools_are_offered_asked_for_and_answered_with_the_signatures_of_thoughts(ask: Asking) -> None:
    signature = base64.b64encode(b"because").decode()
    call = {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, "thoughtSignature": signature}
    ask.server.then(gemini_event({"text": "hm", "thought": True}), gemini_event(call, end="STOP"))
    first = await ask("Weather?", tools=[TOOL])

    assert first["finishReason"] == "tool_calls"
    assert first["message"]["toolCalls"] == [
        {
            "id": "call-0",
            "name": "weather",
            "arguments": {"city": "Bern"},
            "provider": {"gemini": {"thoughtSignature": signature}},
        }
    ]
    assert ask.services.shown == [("thought", "hm")]
    declared = asked(ask)["tools"][0]["functionDeclarations"][0]
    assert (declared["name"], declared["parametersJsonSchema"]) == ("weather", TOOL["parameters"])

    ask.server.then(gemini_event({"text": "Sunny"}, end="STOP"))
    answers = [
        {"role": "tool", "toolCallId": "call-0", "name": "weather", "content": '{"sky": "blue"}'},
        {"role": "tool", "toolCallId": "call-1", "name": "weather", "content": "no such city", "isError": True},
    ]
    await ask("Weather?", first["message"], *answers, tools=[TOOL])

    user, model, tools = asked(ask)["contents"]
    assert user["role"] == "user"
    assert model["role"] == "model"
    assert model["parts"][0]["thoughtSignature"] == signature
    assert model["parts"][0]["functionCall"]["args"] == {"city": "Bern"}
    assert [part["functionResponse"]["response"] for part in tools["parts"]] == [
        {"output": {"sky": "blue"}},
        {"error": "no such city"},
    ]


async def test_a_signed_text_keeps_its_signature(ask: Asking) -> None:
    signature = base64.b64encode(b"s").decode()
    ask.server.then(gemini_event({"text": "a"}), gemini_event({"text": "", "thoughtSignature": signature}, end="STOP"))

    found = await ask("x")
    ask.server.then(gemini_event({"text": "b"}, end="STOP"))
    await ask("x", found["message"], "y")

    assert asked(ask)["contents"][1]["parts"] == [{"text": "a"}, {"text": "", "thoughtSignature": signature}]


async def test_an_answer_is_bound_to_a_schema(ask: Asking) -> None:
    schema = {"type": "object", "properties": {"moon": {"type": "string"}}}
    ask.server.then(gemini_event({"text": '{"moon": "Titan"}'}, end="STOP"))
    await ask("Largest moon?", output={"schema": schema}, options={"thinkingConfig": {"thinkingBudget": 0}})

    settings = asked(ask)["generationConfig"]
    assert (settings["responseMimeType"], settings["responseJsonSchema"]) == ("application/json", schema)
    assert settings["thinkingConfig"] == {"thinkingBudget": 0}


async def test_images_go_along_as_bytes_wherever_they_are(ask: Asking) -> None:
    ask.server.then(gemini_event({"text": "A cat"}, end="STOP"))
    data = base64.b64encode(b"\x89PNG").decode()
    images = [
        {"type": "image", "mediaType": "image/png", "data": data},
        {"type": "image", "url": ask.server.url + "/cat.png"},
    ]
    await ask({"role": "user", "content": [{"type": "text", "text": "What?"}, *images]})

    parts = asked(ask)["contents"][0]["parts"]
    assert parts[1:] == [{"inlineData": {"mimeType": "image/png", "data": data}}] * 2


async def test_what_is_no_image_is_not_sent(ask: Asking) -> None:
    error = await ask.failure({"role": "user", "content": [{"type": "image", "url": ask.server.url + "/page"}]})

    assert "expected an image, found text/html" in error.problem["detail"]
    assert ask.server.seen == []


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "prompt: SAFETY"),
        (gemini_event({"text": "I"}, end="SAFETY", usageMetadata=USAGE), "SAFETY"),
        (gemini_event(end="PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
    ],
)
async def test_a_blocked_answer_may_be_asked_for_again(ask: Asking, event: Any, why: str) -> None:
    ask.server.then(event)
    error = await ask.failure("x")

    assert (error.retryable, error.problem["reason"], error.problem["blocked"]) == (True, "safety", why)
    assert error.problem.get("usage") == (
        None if "usageMetadata" not in event else {"inputTokens": 20, "outputTokens": 8, "cachedTokens": 8}
    )


async def test_a_limit_of_rates_says_how_long_to_wait(ask: Asking) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.5s"}]
    body = {"error": {"code": 429, "message": "Too many", "status": "RESOURCE_EXHAUSTED", "details": details}}
    ask.server.then_refuse(429, body)
    error = await ask.failure("x")

    assert (error.retryable, error.problem["status"], error.problem["retryAfterMs"]) == (True, 429, 17500)
    assert error.problem["reason"] == "rate-limit"
    assert "RESOURCE_EXHAUSTED Too many" in error.problem["detail"]


async def test_overload_passes_and_a_wrong_key_does_not(ask: Asking) -> None:
    ask.server.then_refuse(
        503, {"error": {"code": 503, "message": "Busy", "status": "UNAVAILABLE"}}, **{"retry-after": "3"}
    )
    overload = await ask.failure("x")
    ask.server.then_refuse(403, {"error": {"code": 403, "message": "No", "status": "PERMISSION_DENIED"}})
    wrong = await ask.failure("x")

    assert (overload.retryable, overload.problem["reason"], overload.problem["retryAfterMs"]) == (
        True,
        "overload",
        3000,
    )
    assert (wrong.retryable, wrong.problem["type"]) == (False, STANDARD + "authorization")


async def test_a_stream_that_breaks_off_is_no_answer(ask: Asking) -> None:
    ask.server.then(gemini_event({"text": "I am"}))
    error = await ask.failure("x")

    assert (error.retryable, error.problem["reason"]) == (True, "malformed")


async def test_an_error_within_a_stream_is_told(ask: Asking) -> None:
    ask.server.then(gemini_event({"text": "I"}), {"error": {"code": 503, "message": "Busy", "status": "UNAVAILABLE"}})
    error = await ask.failure("x")

    assert (error.retryable, error.problem["reason"]) == (True, "overload")


async def test_options_can_not_lead_the_key_elsewhere(ask: Asking) -> None:
    error = await ask.failure("x", options={"httpOptions": {"baseUrl": "https://evil.example"}})

    assert "`httpOptions`; use `endpoint`" in error.problem["detail"]
    assert "extra" in (await ask.failure("x", options={"nonsense": 1})).problem["detail"].lower()
    assert ask.server.seen == []
