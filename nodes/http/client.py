"""The guarded HTTP client of a process: one pool of connections, no cookies, no proxies from the environment."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import httpcore
import httpx

from nodes.base import Caps
from nodes.http.addresses import AddressPolicy
from nodes.http.network import GuardedBackend, Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Limits of the client."""

    caps: Caps = field(default_factory=Caps)
    policy: AddressPolicy = field(default_factory=AddressPolicy)
    connections: int = 2000
    idle_connections: int = 200
    idle_s: float = 20
    connect_timeout_s: float = 10
    #: Tests give their own.
    resolver: Resolver | None = None


class HttpClient:
    """Sends requests. Redirects are the caller's: each is a request of its own."""

    def __init__(self, options: HttpOptions) -> None:
        self.caps = options.caps
        no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            transport=PooledTransport(options),
            timeout=httpx.Timeout(None, connect=options.connect_timeout_s),
            cookies=no_cookies,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": "AgentOS"},
        )

    def request(self, method: str, url: httpx.URL | str, **parts: Any) -> httpx.Request:
        """Give a request with this client's default headers."""
        return self._client.build_request(method, url, **parts)

    async def send(self, request: httpx.Request, *, auth: httpx.Auth | None = None) -> httpx.Response:
        """Send one request and give the response once its headers are here, unread."""
        return await self._client.send(request, auth=auth, stream=True, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


class PooledTransport(httpx.AsyncBaseTransport):
    """Httpx on a pool whose connections go through the guard."""

    def __init__(self, options: HttpOptions) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=options.connections,
            max_keepalive_connections=options.idle_connections,
            keepalive_expiry=options.idle_s,
            network_backend=GuardedBackend(options.policy, options.resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` over a pooled connection."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()
