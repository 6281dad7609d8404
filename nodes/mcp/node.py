"""The node type `mcp`."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any, Final

import mcp.types as types
from mcp import ClientSession, MCPError
from pydantic import ValidationError

from engine.definition.durations import duration_ms
from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault
from nodes.http.tokens import Tokens
from nodes.mcp.arguments import McpArguments
from nodes.mcp.transport import guarded, over_http, over_stdio
from nodes.provisions import ProcessRules, Provisions

EXCERPT = 500
INVALID_PARAMETERS: Final = -32602

#: What each method is asked with and answers.
REQUESTS: Final[dict[str, tuple[Any, Any]]] = {
    "tools/list": (types.ListToolsRequest, types.ListToolsResult),
    "tools/call": (types.CallToolRequest, types.CallToolResult),
    "prompts/list": (types.ListPromptsRequest, types.ListPromptsResult),
    "prompts/get": (types.GetPromptRequest, types.GetPromptResult),
    "resources/list": (types.ListResourcesRequest, types.ListResourcesResult),
    "resources/read": (types.ReadResourceRequest, types.ReadResourceResult),
    "resources/templates/list": (types.ListResourceTemplatesRequest, types.ListResourceTemplatesResult),
}


class Mcp:
    """Asks a server of the Model Context Protocol for its tools, prompts and resources, and calls its tools."""

    name = "mcp"
    version = "1.0.0"
    icon = "plug"
    With = McpArguments
    Output = dict[str, Any]
    examples = (
        {
            "method": "tools/call",
            "parameters": {"name": "search", "arguments": {"text": "refunds"}},
            "transport": {"http": {"endpoint": "https://tools.example/mcp"}},
        },
    )

    def __init__(self, rules: ProcessRules | None = None) -> None:
        self._rules = rules or ProcessRules()
        self._tokens = Tokens()

    @classmethod
    def provided(cls, provisions: Provisions) -> Mcp:
        """Give the instance for a process with these rules."""
        return cls(provisions.processes)

    async def run(self, with_: McpArguments, ctx: TaskContext) -> dict[str, Any]:
        """Begin a session, ask, and give the result as the protocol has it."""
        limit_s = _limit_s(with_, ctx)
        try:
            async with asyncio.timeout(limit_s):
                result = await self._asked(with_, ctx)
        except TimeoutError:
            raise passing_fault("timeout", f"MCP {with_.method}: no answer within {limit_s:g} s") from None
        if getattr(result, "is_error", False):
            told = " ".join(getattr(part, "text", "") for part in result.content).strip()[:EXCERPT]
            raise fault("runtime", f"MCP {with_.method}: the tool failed: {told}")
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)  # type: ignore[no-any-return]

    async def _asked(self, with_: McpArguments, ctx: TaskContext) -> Any:
        if with_.transport.http is not None:
            carrier = guarded(with_.transport.http, self._tokens, ctx)
            try:
                async with over_http(with_.transport.http, carrier) as streams:
                    return await _answer(streams, with_)
            except (MCPError, ExceptionGroup, OSError, ValueError, RuntimeError) as error:
                raise carrier.failure or _failure(with_, error, "") from None
        self._rules.refuse_unless_allowed("mcp")
        stdio = with_.transport.stdio
        assert stdio is not None  # noqa: S101  # the arguments have one of both
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            try:
                async with over_stdio(stdio, self._rules, errors) as streams:
                    return await _answer(streams, with_)
            except (MCPError, ExceptionGroup, OSError, ValueError, RuntimeError) as error:
                errors.seek(0)
                raise _failure(with_, error, errors.read().strip()[-EXCERPT:]) from None


async def _answer(streams: Any, with_: McpArguments) -> Any:
    info = types.Implementation(**with_.client.model_dump(exclude_none=True))
    request, result = REQUESTS[with_.method]
    asked = request.model_validate({"method": with_.method, "params": with_.parameters or None})
    read, write = streams
    async with ClientSession(read, write, client_info=info) as session:
        await session.initialize()
        return await session.send_request(asked, result)


def _limit_s(with_: McpArguments, ctx: TaskContext) -> float:
    given = None if with_.timeout is None else duration_ms(with_.timeout) / 1000
    known = [limit for limit in (given, ctx.remaining_s()) if limit is not None]
    return min(known, default=ctx.http.caps.timeout_s)


def _failure(with_: McpArguments, error: BaseException, said: str) -> NodeError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    where = f"MCP {with_.method}"
    told = f"; it said: {said}" if said else ""
    match error:
        case NodeError():
            return error
        case ValidationError():
            wrong = ", ".join(".".join(map(str, part["loc"])) for part in error.errors())
            return fault(
                "validation", f"{where}: expected parameters and results as the protocol has them; wrong: {wrong}"
            )
        case MCPError(code=code) if code == INVALID_PARAMETERS:
            return fault("validation", f"{where}: {error.message}")
        case MCPError():
            return fault("communication", f"{where}: {error.message}{told}")
        case _:
            return passing_fault("communication", f"{where}: {str(error) or type(error).__name__}{told}")
