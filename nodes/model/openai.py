"""The provider `openai`: any service that speaks the protocol of OpenAI's chat completions, streaming."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx

from nodes.base import TaskContext
from nodes.errors import NodeError
from nodes.http.authentication import BearerAuth
from nodes.http.exchange import shown
from nodes.model.answer import Answer, Usage
from nodes.model.arguments import Image, Message, ModelArguments, Text, ToolCall
from nodes.model.failures import blocked, connection_faults, malformed, no_credit, refused_by_service
from nodes.model.keys import Lock, door
from nodes.model.server_events import ERROR_BYTES_MAX, data_lines, read_at_most
from nodes.model.strict_schema import is_strict
from nodes.provisions import ModelAccess

LOCK: Final = Lock(provider="openai", address="https://api.openai.com/v1", variable="OPENAI_API_KEY")
NAME: Final = "openai"
DONE: Final = "[DONE]"
#: Members of a message and of a call that are the protocol's; others are the service's own, and go back to it.
MESSAGE_MEMBERS: Final = frozenset({"role", "content", "tool_calls", "refusal", "reasoning", "reasoning_content"})
CALL_MEMBERS: Final = frozenset({"index", "id", "type", "function"})
FINISHED: Final = {"function_call": "tool_calls"}


class OpenAi:
    """Asks such a service."""

    def __init__(self, access: ModelAccess) -> None:
        self._access = access

    async def ask(self, with_: ModelArguments, ctx: TaskContext) -> Answer:
        """Give the answer of the model."""
        found = door(with_, LOCK, self._access, ctx)
        request = ctx.http.request("POST", f"{found.address}/chat/completions", json=body_of(with_, found.address))
        where = f"{with_.model} at {shown(request.url)}"
        with connection_faults(where):
            response = await ctx.http.send(request, auth=BearerAuth(found.key) if found.key else None)
            try:
                if not response.is_success:
                    raise _refused(where, response, await read_at_most(response, ERROR_BYTES_MAX))
                return await _collected(where, response, ctx)
            finally:
                await response.aclose()


def body_of(with_: ModelArguments, address: str) -> dict[str, Any]:
    """Give the request. The bound of an answer has a newer name at OpenAI than at others that speak its protocol."""
    body: dict[str, Any] = {
        "model": with_.model,
        "messages": [_message(message) for message in with_.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if with_.tools:
        body["tools"] = [{"type": "function", "function": tool.model_dump()} for tool in with_.tools]
    if with_.output is not None:
        schema = with_.output.schema_
        form = {"name": "answer", "schema": schema, "strict": is_strict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if with_.temperature is not None:
        body["temperature"] = with_.temperature
    if with_.max_output_tokens is not None:
        body["max_completion_tokens" if address == LOCK.address else "max_tokens"] = with_.max_output_tokens
    return {name: value for name, value in (body | with_.options).items() if value is not None}


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    parts = [_part(part) for part in message.content]
    has_images = any(isinstance(part, Image) for part in message.content)
    found: dict[str, Any] = {"role": message.role, "content": parts if has_images else message.text}
    if message.tool_calls:
        found["tool_calls"] = [_call(call) for call in message.tool_calls]
        found["content"] = found["content"] or None
    return found | message.own(NAME)


def _part(part: Text | Image) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(call.arguments) if call.invalid_arguments is None else call.invalid_arguments
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function} | call.own(NAME)


async def _collected(where: str, response: httpx.Response, ctx: TaskContext) -> Answer:
    answer = Answer()
    calls: dict[int, _Call] = {}
    refusal = ""
    async for chunk in _chunks(where, response):
        answer.model = chunk.get("model") or answer.model
        answer.usage = _usage(chunk.get("usage")) or answer.usage
        for choice in chunk.get("choices") or []:
            delta = choice.get("delta") or {}
            refusal += delta.get("refusal") or ""
            _add(answer, calls, delta, ctx)
            answer.finish_reason = choice.get("finish_reason") or answer.finish_reason
    if refusal or answer.finish_reason == "content_filter":
        raise blocked(where, refusal or "content_filter", answer.usage)
    answer.tool_calls = [call.whole(index) for index, call in sorted(calls.items())]
    if not answer.finish_reason:
        raise malformed(where, "that the stream ended before the answer did")
    # Some services say `stop` where a tool is to be called.
    answer.finish_reason = "tool_calls" if calls else FINISHED.get(answer.finish_reason, answer.finish_reason)
    return answer


async def _chunks(where: str, response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for data in data_lines(where, response):
        if data == DONE:
            return
        try:
            chunk = json.loads(data)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict):
            raise malformed(where, repr(data[:200]))
        if chunk.get("error"):
            raise _told_in_stream(where, chunk["error"])
        yield chunk


def _add(answer: Answer, calls: dict[int, _Call], delta: Mapping[str, Any], ctx: TaskContext) -> None:
    if text := delta.get("content"):
        ctx.progress("token", text)
        answer.add_text(text)
    if thought := delta.get("reasoning_content") or delta.get("reasoning"):
        ctx.progress("thought", str(thought))
    own = {name: value for name, value in delta.items() if name not in MESSAGE_MEMBERS and value is not None}
    if own:
        answer.provider[NAME] = answer.provider.get(NAME, {}) | own
    for position, part in enumerate(delta.get("tool_calls") or []):
        calls.setdefault(part.get("index", position), _Call()).add(part)


class _Call:
    """A call of a tool while it comes in, piece by piece."""

    def __init__(self) -> None:
        self._id = self._name = self._arguments = ""
        self._own: dict[str, Any] = {}

    def add(self, part: Mapping[str, Any]) -> None:
        function = part.get("function") or {}
        self._id = part.get("id") or self._id
        self._name = self._name or function.get("name") or ""
        self._arguments += function.get("arguments") or ""
        self._own |= {name: value for name, value in part.items() if name not in CALL_MEMBERS and value is not None}

    def whole(self, index: int) -> ToolCall:
        try:
            arguments = json.loads(self._arguments or "{}")
        except ValueError:
            arguments = None
        is_sound = isinstance(arguments, dict)
        return ToolCall(
            id=self._id or f"call-{index}",
            name=self._name,
            arguments=arguments if is_sound else {},
            invalid_arguments=None if is_sound else self._arguments,
            provider={NAME: self._own} if self._own else {},
        )


def _usage(given: Any) -> Usage | None:
    if not isinstance(given, dict):
        return None
    details = given.get("prompt_tokens_details") or {}
    return Usage(
        input_tokens=given.get("prompt_tokens") or 0,
        output_tokens=given.get("completion_tokens") or 0,
        cached_tokens=details.get("cached_tokens") or 0,
    )


def _refused(where: str, response: httpx.Response, body: bytes) -> NodeError:
    text = body.decode("utf-8", errors="replace").strip()
    try:
        error = json.loads(text)["error"]
    except (ValueError, LookupError, TypeError):
        error = None
    found = error if isinstance(error, dict) else {}
    told = str(found.get("message") or text)
    code = str(found.get("code") or "")
    if code == "insufficient_quota":
        return no_credit(where, told)
    if code in {"content_filter", "content_policy_violation"}:
        return blocked(where, told)
    return refused_by_service(where, response.status_code, told, response.headers, None)


def _told_in_stream(where: str, error: Any) -> NodeError:
    found = error if isinstance(error, dict) else {"message": str(error)}
    code = found.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else 503 if "overload" in json.dumps(found) else 500
    return refused_by_service(where, status, str(found.get("message") or found), {}, None)
