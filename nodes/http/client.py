"""The guarded HTTP client of a process: one pool of connections, no cookies, no proxies from the environment."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import httpx

from nodes.base import Caps
from nodes.http.addresses import AddressPolicy
from nodes.http.network import Connector, GuardedBackend, Resolver
from nodes.http.pool import Pool, PoolLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Limits of the client."""

    caps: Caps = field(default_factory=Caps)
    policy: AddressPolicy = field(default_factory=AddressPolicy)
    pool: PoolLimits = field(default_factory=PoolLimits)
    connect_timeout_s: float = 10
    #: Tests give their own.
    resolver: Resolver | None = None
    connector: Connector | None = None
    ssl_context: ssl.SSLContext | None = None


class HttpClient:
    """Sends requests. Redirects are the caller's: each is a request of its own."""

    def __init__(self, options: HttpOptions) -> None:
        self.caps = options.caps
        no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        backend = GuardedBackend(options.policy, options.resolver, options.connector)
        self._client = httpx.AsyncClient(
            transport=Pool(backend, options.pool, options.ssl_context),
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
