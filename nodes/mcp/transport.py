"""The way to an MCP server: the guarded HTTP client of the task, or a confined process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import IO, Any

import httpx
import httpx2
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault
from nodes.http.arguments import HttpArguments
from nodes.http.authentication import auth_for
from nodes.http.exchange import CONNECTION_ERRORS
from nodes.http.network import ForbiddenAddress
from nodes.http.tokens import Tokens
from nodes.mcp.arguments import HttpTransport, StdioTransport
from nodes.provisions import ProcessRules, hide_this_process, scalar_text, scalar_texts

#: The task has a deadline.
NO_TIMEOUT = httpx2.Timeout(None)
#: Headers that the connection sets itself.
OWN_HEADERS = frozenset({"host", "content-length", "connection", "transfer-encoding"})


class Guarded(httpx2.AsyncBaseTransport):
    """Sends the protocol's requests through the task's HTTP client, and remembers why one could not be sent."""

    def __init__(self, ctx: TaskContext, auth: httpx.Auth | None) -> None:
        self._ctx = ctx
        self._auth = auth
        self.failure: NodeError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in OWN_HEADERS]
        content = await request.aread()
        sent = self._ctx.http.request(request.method, str(request.url), headers=headers, content=content or None)
        try:
            response = await self._ctx.http.send(sent, auth=self._auth)
        except NodeError as error:
            self.failure = error
        except ForbiddenAddress as error:
            self.failure = fault("authorization", str(error))
        except CONNECTION_ERRORS as error:
            self.failure = passing_fault("communication", str(error) or type(error).__name__)
        else:
            self._note(response.status_code)
            body = _Body(response, self._ctx.http.caps.body_bytes)
            return httpx2.Response(response.status_code, headers=list(response.headers.items()), stream=body)
        raise httpx2.TransportError(str(self.failure))

    def _note(self, status: int) -> None:
        kinds = {401: "authentication", 403: "authorization"}
        if status in kinds:
            self.failure = fault(kinds[status], f"expected to be let in, found status {status}", status)


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpx.Response, limit: int) -> None:
        self._response = response
        self._left = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_raw():
            self._left -= len(part)
            if self._left < 0:
                raise httpx2.TransportError("the server's answer is larger than AGENTOS_HTTP_BODY_BYTES")
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


def guarded(given: HttpTransport, tokens: Tokens, ctx: TaskContext) -> Guarded:
    """Give what carries the requests to a server."""
    call = HttpArguments(method="post", endpoint=given.endpoint)
    return Guarded(ctx, auth_for(call.authentication, tokens, ctx))


@asynccontextmanager
async def over_http(given: HttpTransport, carrier: Guarded) -> AsyncIterator[Any]:
    """Give the streams to a server that is reached over HTTP."""
    uri = HttpArguments(method="post", endpoint=given.endpoint).uri
    async with (
        httpx2.AsyncClient(
            transport=carrier, headers=scalar_texts(given.headers), timeout=None
        ) as http,  # the task has a deadline
        streamable_http_client(uri, http_client=http) as streams,
    ):
        yield streams


def over_stdio(given: StdioTransport, rules: ProcessRules, errors: IO[str]) -> AbstractAsyncContextManager[Any]:
    """Give the streams to a server that is started as a process, and ended with the call."""
    hide_this_process()
    program, *words = rules.confined([given.command, *map(scalar_text, given.arguments)])
    parameters = StdioServerParameters(command=program, args=words, env=scalar_texts(given.environment))
    return stdio_client(parameters, errlog=errors)  # type: ignore[arg-type]
