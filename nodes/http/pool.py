"""Connections that are kept for the next request to the same origin.

Finding one takes the same time however many there are; the pool of httpcore looks at each of its connections for each
request, which makes a thousand calls at once cost seconds.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpcore
import httpx

#: How a connection fails that the other side closed before the request came.
STALE = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How many connections there may be, and how long one without a request is kept."""

    open: int = 2000
    idle: int = 1000
    idle_s: float = 20


class Pool(httpx.AsyncBaseTransport):
    """Sends requests over kept or new connections, opened by `backend`."""

    def __init__(
        self, backend: httpcore.AsyncNetworkBackend, limits: PoolLimits, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._backend = backend
        self._limits = limits
        self._ssl_context = ssl_context or ssl.create_default_context()
        self._places = asyncio.Semaphore(limits.open)
        #: Idle connections by scheme, host and port; the one used last is taken first, so that the others can grow old.
        self._idle: OrderedDict[tuple[bytes, bytes, int], deque[httpcore.AsyncHTTPConnection]] = OrderedDict()
        self._idle_count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and give the response once its headers are here."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        if url.scheme not in {b"http", b"https"}:
            raise httpcore.UnsupportedProtocol(f"found {request.url.scheme!r}")
        plain = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        await self._places.acquire()
        try:
            connection = await self._kept(url.origin)
        except BaseException:
            self._places.release()
            raise
        try:
            if connection is not None:
                return await self._sent(connection, plain)
        except STALE:
            # The service closed it while it was idle. Where repeating does no harm, nobody needs to know.
            if request.method not in HARMLESS:
                raise
            await self._places.acquire()
        return await self._sent(self._new(url.origin), plain)

    async def _sent(self, connection: httpcore.AsyncHTTPConnection, request: httpcore.Request) -> httpx.Response:
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await self._give_back(connection, request.url.origin)
            raise
        body = _Body(self, connection, request.url.origin, response)
        return httpx.Response(
            status_code=response.status, headers=response.headers, stream=body, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection that is not in use."""
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()

    async def _kept(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        key = (origin.scheme, origin.host, origin.port)
        kept = self._idle.get(key)
        while kept:
            connection = kept.pop()
            self._idle_count -= 1
            if not kept:
                del self._idle[key]
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    def _new(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=self._limits.idle_s,
            network_backend=self._backend,
        )

    async def _give_back(self, connection: httpcore.AsyncHTTPConnection, origin: httpcore.Origin) -> None:
        self._places.release()
        if not connection.is_idle() or connection.is_closed() or self._limits.idle == 0:
            await connection.aclose()
            return
        key = (origin.scheme, origin.host, origin.port)
        self._idle.setdefault(key, deque()).append(connection)
        self._idle.move_to_end(key)
        self._idle_count += 1
        if self._idle_count > self._limits.idle:
            await self._drop_oldest()

    async def _drop_oldest(self) -> None:
        key, kept = next(iter(self._idle.items()))
        oldest = kept.popleft()
        self._idle_count -= 1
        if not kept:
            del self._idle[key]
        await oldest.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(
        self, pool: Pool, connection: httpcore.AsyncHTTPConnection, origin: httpcore.Origin, response: httpcore.Response
    ) -> None:
        self._pool = pool
        self._connection = connection
        self._origin = origin
        self._response = response
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._response.aclose()
        finally:
            await self._pool._give_back(self._connection, self._origin)  # noqa: SLF001  # it belongs to the pool
