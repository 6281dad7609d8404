"""The provider `gemini`, by Google's own library. Its requests go through the guarded client of the process."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

import httpx
from pydantic import ValidationError

from nodes.base import Outbound, TaskContext
from nodes.errors import NodeError, fault
from nodes.model.answer import Answer, Usage
from nodes.model.arguments import ModelArguments, Text, ToolCall
from nodes.model.failures import blocked, connection_faults, malformed, refused_by_service, seconds_as_ms
from nodes.model.gemini_request import NAME, SIGNATURE, contents_of, settings_of
from nodes.model.keys import Door, Lock, door
from nodes.provisions import ModelAccess

if TYPE_CHECKING:  # the library takes a second to load, and most tasks are other ones
    from google import genai
    from google.genai import types
    from google.genai.errors import APIError

LOCK: Final = Lock(provider="gemini", address="https://generativelanguage.googleapis.com", variable="GEMINI_API_KEY")
FINISHED: Final = {"STOP": "stop", "MAX_TOKENS": "length"}
#: Reasons to end that hold the answer back.
BLOCKING: Final = frozenset(
    "SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT MODEL_ARMOR".split()
)
#: Reasons that mean the model lost its way, and may find it the next time.
LOST: Final = frozenset("MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE UNEXPECTED_TOOL_CALL".split())
CLIENTS_MAX: Final = 100


class Gemini:
    """Asks Gemini."""

    def __init__(self, access: ModelAccess) -> None:
        self._access = access
        self._clients = Clients()

    async def ask(self, with_: ModelArguments, ctx: TaskContext) -> Answer:
        """Give the answer of the model."""
        found = door(with_, LOCK, self._access, ctx)
        if not found.key:
            found = Door(address=found.address, key="none")
        where = f"{with_.model} at {found.address}"
        client = await self._clients.get(found, ctx.http)
        from google.genai.errors import APIError, UnknownApiResponseError

        try:
            config = settings_of(with_)
        except ValidationError as error:
            told = "; ".join(f"{'/'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:3])
            raise fault("configuration", f"expected `options` of Gemini's request, found: {told}") from None
        with connection_faults(where):
            try:
                stream = await client.aio.models.generate_content_stream(
                    model=with_.model, contents=contents_of(with_.messages), config=config
                )
                return await _collected(where, stream, ctx)
            except APIError as error:
                raise _refused(where, error) from None
            except (UnknownApiResponseError, ValidationError) as error:
                raise malformed(where, type(error).__name__) from None


class Clients:
    """The library's clients, which are dear to make, by address and key. They are made beside the loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Door, tuple[Outbound, genai.Client]] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, found: Door, http: Outbound) -> genai.Client:
        """Give a client whose requests go through `http`."""
        async with self._making:
            known = self._kept.get(found)
            if known is None or known[0] is not http:
                known = http, await asyncio.to_thread(_client, found, http)
                self._kept[found] = known
                if len(self._kept) > CLIENTS_MAX:
                    self._kept.popitem(last=False)
            return known[1]


class Carrier(httpx.AsyncBaseTransport):
    """Sends the library's requests through the guarded client."""

    def __init__(self, http: Outbound) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        response = await self._http.send(request)
        headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, stream=_Body(response))


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_bytes():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class _Nowhere(httpx.BaseTransport):
    """What the library gets for calls that wait for each other: none are made."""


def _client(found: Door, http: Outbound) -> genai.Client:
    from google import genai
    from google.genai.types import HttpOptions

    options = HttpOptions(
        base_url=found.address,
        api_version="v1beta",
        httpx_async_client=httpx.AsyncClient(transport=Carrier(http), trust_env=False, timeout=None),  # noqa: S113  # the task has a deadline
        httpx_client=httpx.Client(transport=_Nowhere(), trust_env=False),
    )
    return genai.Client(vertexai=False, api_key=found.key, http_options=options)


async def _collected(where: str, stream: AsyncIterator[types.GenerateContentResponse], ctx: TaskContext) -> Answer:
    answer, ended = Answer(), ""
    async for chunk in stream:
        answer.model = chunk.model_version or answer.model
        answer.usage = _usage(chunk.usage_metadata) or answer.usage
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason is not None:
            raise blocked(where, f"prompt: {_word(chunk.prompt_feedback.block_reason)}", answer.usage)
        for candidate in (chunk.candidates or [])[:1]:
            for part in (candidate.content and candidate.content.parts) or []:
                _add(answer, part, ctx)
            ended = _word(candidate.finish_reason) or ended
    if ended in BLOCKING:
        raise blocked(where, ended, answer.usage)
    if ended in LOST or not ended:
        raise malformed(where, ended or "that the stream ended before the answer did")
    answer.finish_reason = "tool_calls" if answer.tool_calls else FINISHED.get(ended, ended.lower())
    return answer


def _add(answer: Answer, part: types.Part, ctx: TaskContext) -> None:
    signed = {}
    if part.thought_signature:
        signed = {NAME: {SIGNATURE: base64.b64encode(part.thought_signature).decode()}}
    if part.thought:
        if part.text:
            ctx.progress("thought", part.text)
    elif part.function_call is not None:
        call = part.function_call
        answer.tool_calls.append(
            ToolCall(
                id=call.id or f"call-{len(answer.tool_calls)}",
                name=call.name or "",
                arguments=call.args or {},
                provider=signed,
            )
        )
    elif part.text or signed:
        if part.text:
            ctx.progress("token", part.text)
        if signed:
            answer.content.append(Text(text=part.text or "", provider=signed))
        else:
            answer.add_text(part.text or "")


def _usage(given: types.GenerateContentResponseUsageMetadata | None) -> Usage | None:
    if given is None:
        return None
    return Usage(
        input_tokens=(given.prompt_token_count or 0) + (given.tool_use_prompt_token_count or 0),
        output_tokens=(given.candidates_token_count or 0) + (given.thoughts_token_count or 0),
        cached_tokens=given.cached_content_token_count or 0,
    )


def _word(reason: Any) -> str:
    return "" if reason is None else str(getattr(reason, "value", reason))


def _refused(where: str, error: APIError) -> NodeError:
    found = error.details if isinstance(error.details, dict) else {}
    inner: dict[str, Any] = found["error"] if isinstance(found.get("error"), dict) else found
    wait = None
    for detail in inner.get("details") or []:
        if isinstance(detail, dict) and str(detail.get("@type", "")).endswith("RetryInfo"):
            wait = seconds_as_ms(detail.get("retryDelay"))
    headers = getattr(error.response, "headers", None) or {}
    told = f"{error.status or ''} {error.message or ''}".strip()
    return refused_by_service(where, error.code or 500, told, headers, wait)
