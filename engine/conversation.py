"""What an agent and its model said so far, read from the agent's plan and from the entries that its events left.

An entry is a JSON object with one of these members: `tools` (what the MCP server of `entry` offers), `answer` (what a
model call gave), `results` (of the tool calls of an answer, in their order), `told` (messages of the engine itself).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from engine.state import RunState, Task
from engine.toolset import offered

#: What of an agent's `with` a model call is given as it is.
PASSED_ON = (
    "provider", "model", "endpoint", "apiKey", "output", "temperature", "maxOutputTokens", "script", "options",
)  # fmt: skip

_USAGE = ("inputTokens", "outputTokens", "cachedTokens")


def request(plan: dict[str, Any], entries: Sequence[str], turn: int) -> dict[str, Any]:
    """Give the arguments of the model call of a turn: node type `model`."""
    asked = {name: plan[name] for name in PASSED_ON if plan.get(name) is not None}
    # A script counts its answers from 0.
    asked |= {"messages": messages(plan, entries), "turn": turn - 1}
    tools = [tool.described() for tool in offered(plan, entries)]
    return asked | ({"tools": tools} if tools else {})


def model_call(state: RunState, task: Task) -> tuple[str, str | None]:
    """Give arguments and secret expressions of a live model call, from what the agent around it keeps."""
    agent = state.tasks[state.scopes[task.parent].owner]
    arguments = request(json.loads(agent.arguments or "{}"), agent.inbox, agent.cursor)
    return json.dumps(arguments, separators=(",", ":"), ensure_ascii=False), agent.secret_expressions


def digest(arguments: dict[str, Any]) -> str:
    """Give the digest of what a model call is given: the same messages, tools and options, the same digest."""
    text = json.dumps(arguments, separators=(",", ":"), sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def messages(plan: dict[str, Any], entries: Sequence[str]) -> list[dict[str, Any]]:
    """Give every message of the conversation, in order."""
    said = opening(plan)
    for entry in entries:
        said += _said(json.loads(entry))
    return said


def opening(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the messages a conversation begins with: instructions, what was said before, the prompt with its images."""
    said = [_message(each) for each in plan.get("messages") or ()]
    if plan.get("instructions"):
        earlier = said[1:] if said and said[0].get("role") == "system" else said
        said = [_text("system", plan["instructions"]), *earlier]
    if plan.get("prompt") is not None or plan.get("images"):
        words = [] if plan.get("prompt") is None else [_part(plan["prompt"])]
        said.append({"role": "user", "content": [*words, *map(_image, plan.get("images") or ())]})
    return said


def _message(given: Any) -> dict[str, Any]:
    message = dict(given) if isinstance(given, dict) else {"role": "user", "content": given}
    content = message.get("content")
    if not isinstance(content, list):
        message["content"] = [] if content is None else [_part(content)]
    return message


def _text(role: str, text: Any) -> dict[str, Any]:
    return {"role": role, "content": [_part(text)]}


def _part(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": plain_text(value)}


def plain_text(value: Any) -> str:
    """Give a text as it is, any other JSON value as JSON text."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _image(given: Any) -> dict[str, Any]:
    return {"type": "image", **(given if isinstance(given, dict) else {"url": given})}


def _said(entry: dict[str, Any]) -> list[dict[str, Any]]:
    if "answer" in entry:
        return [_message(entry["answer"]["message"])]
    if "results" in entry:
        return [_result(each) for each in entry["results"]]
    return [_message(each) for each in entry.get("told", ())]


def _result(result: dict[str, Any]) -> dict[str, Any]:
    """Give the message of a tool call's result, refusal or error."""
    if "refused" in result:
        content = [_part({"error": result["refused"]})]
    elif "error" in result:
        told = ("title", "detail", "status")
        content = [_part({"error": {name: result["error"][name] for name in told if name in result["error"]}})]
    else:
        content = list(_content(result.get("output")))
    if "edited" in result:
        content = [_part({"note": "a person changed the arguments", "arguments": result["edited"]}), *content]
    message = {"role": "tool", "toolCallId": result["id"], "name": result["name"], "content": content}
    return message | ({"isError": True} if "refused" in result or "error" in result else {})


def _content(output: Any) -> Iterator[dict[str, Any]]:
    """Give a tool's output as parts of a message. What an MCP server gave is in parts already."""
    parts = output.get("content") if isinstance(output, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) and "type" in part for part in parts):
        yield _part(output)
        return
    for part in parts:
        match part["type"]:
            case "text":
                yield _part(part.get("text", ""))
            case "image":
                yield {"type": "image", "mediaType": part.get("mimeType"), "data": part.get("data")}
            case _:
                yield _part(part)


def answers(entries: Sequence[str]) -> list[dict[str, Any]]:
    """Give what the model calls gave, in order."""
    found = (json.loads(entry) for entry in entries if entry.startswith('{"answer":'))
    return [entry["answer"] for entry in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the model calls of an agent took. `unpriced` are models without a known price."""

    turns: int
    usage: dict[str, int]
    amounts: dict[str, Decimal]
    unpriced: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """Tokens in and out; cached ones are part of those that went in."""
        return self.usage["inputTokens"] + self.usage["outputTokens"]

    @property
    def cost(self) -> dict[str, str] | None:
        """Amount and currency; `None` where a price is not known or there are several currencies."""
        if self.unpriced or len(self.amounts) != 1:
            return None
        ((currency, amount),) = self.amounts.items()
        return {"amount": format(amount, "f"), "currency": currency}


def spent(entries: Sequence[str]) -> Spent:
    """Add up what the answers so far took."""
    given = answers(entries)
    usage = dict.fromkeys(_USAGE, 0)
    amounts: dict[str, Decimal] = {}
    unpriced: list[str] = []
    for answer in given:
        for name in _USAGE:
            count = (answer.get("usage") or {}).get(name)
            usage[name] += count if isinstance(count, int) else 0
        price = _price(answer.get("cost"))
        if price is None:
            unpriced.append(str(answer.get("model")))
        else:
            amounts[price[0]] = amounts.get(price[0], Decimal(0)) + price[1]
    return Spent(turns=len(given), usage=usage, amounts=amounts, unpriced=tuple(dict.fromkeys(unpriced)))


def _price(cost: Any) -> tuple[str, Decimal] | None:
    if not isinstance(cost, dict):
        return None
    amount = decimal_of(cost.get("amount"))
    return None if amount is None else (str(cost.get("currency")), amount)


def decimal_of(value: Any) -> Decimal | None:
    """Give a number, or a text that is one, as a decimal; `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
