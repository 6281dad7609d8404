"""What the model of an agent is scripted to say: `answer` ends the loop, `calls` wants tools.

run = play("ask.yaml", {}, {"ask": (calls(("look", {"at": 1})), answer("It is here.")), "look": {"seen": True}})
"""

from __future__ import annotations

from typing import Any

#: Tokens and price of each scripted answer.
USAGE = {"inputTokens": 10, "outputTokens": 5, "cachedTokens": 0}
COST = {"amount": "0.001", "currency": "EUR"}


def answer(text: str, finish_reason: str = "stop", **more: Any) -> dict[str, Any]:
    """Give the result of a model call that answers with `text`; `more` are its `usage`, `cost` and so on."""
    message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
    return _result(message, finish_reason, more)


def calls(*wanted: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """Give the result of a model call that wants tools called: each by its name, with its arguments."""
    made = [
        {"id": f"call-{number}", "name": name, "arguments": arguments}
        for number, (name, arguments) in enumerate(wanted, start=1)
    ]
    return _result({"role": "assistant", "content": [], "toolCalls": made}, "tool_calls", more)


def _result(message: dict[str, Any], reason: str, more: dict[str, Any]) -> dict[str, Any]:
    facts = {"finishReason": reason, "usage": USAGE, "cost": COST, "model": "scripted", "durationMs": 1}
    return {"message": message, **facts, **more}
