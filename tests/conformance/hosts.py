"""One server on loopback that stands in for every host of the internet, over HTTP and HTTPS.

It sits below the guarded client: the names in the documents are resolved to loopback, and connections to the usual
ports arrive here. Everything above that, from the node types to TLS and the check of addresses, is the real thing.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore
from aiohttp import web

from nodes.base import Caps
from nodes.http.addresses import Address, address_policy
from nodes.http.client import HttpClient, HttpOptions
from nodes.http.sockets import connect
from tests.conformance.certificates import authority, certificate_for

#: Answers a request for one host and path; gives a status and a JSON value, text or nothing.
Handler = Callable[["Asked"], tuple[int, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it arrived."""

    method: str
    url: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def user(self) -> tuple[str, str]:
        """User and password of basic authentication, empty when there is none."""
        kind, _, text = self.headers.get("authorization", "").partition(" ")
        name, _, password = base64.b64decode(text).decode().partition(":") if kind == "Basic" else ("", "", "")
        return name, password


@dataclass(slots=True)
class Hosts:
    """Every host there is: `handlers` by the beginning of the address, the longest one counts."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    seen: list[Asked] = field(default_factory=list)
    ports: dict[int, int] = field(default_factory=dict)
    trusted: ssl.SSLContext = field(default_factory=lambda: ssl.create_default_context(cadata=authority()))

    async def answer(self, request: web.Request) -> web.Response:
        asked = await _asked(request)
        self.seen.append(asked)
        starts = [start for start in self.handlers if asked.url.startswith(start)]
        if not starts:
            return web.Response(status=404, text=f"nothing stands in for {asked.url}")
        status, content = self.handlers[max(starts, key=len)](asked)
        if isinstance(content, web.Response):
            return content
        if isinstance(content, str):
            return web.Response(status=status, text=content)
        return web.Response(status=status) if content is None else web.json_response(content, status=status)

    def client(self, caps: Caps | None = None) -> HttpClient:
        """Give a guarded client whose internet this is."""
        return HttpClient(self.options(caps))

    def options(self, caps: Caps | None = None) -> HttpOptions:
        """Give the options of such a client."""
        return HttpOptions(
            policy=address_policy(["127.0.0.0/8"]),
            caps=caps or Caps(timeout_s=10),
            resolver=_loopback,
            connector=self._connect,
            ssl_context=self.trusted,
        )

    async def _connect(self, address: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        return await connect(address, self.ports.get(port, port), timeout)


@asynccontextmanager
async def running_hosts() -> AsyncIterator[Hosts]:
    """Serve the hosts while this is open."""
    hosts = Hosts()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hosts.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    for port, tls in ((80, None), (443, _any_name())):
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        hosts.ports[port] = runner.addresses[-1][1]
    try:
        yield hosts
    finally:
        await runner.cleanup()


def _any_name() -> ssl.SSLContext:
    """Give a context that shows a certificate for whatever name it is asked for."""
    outer = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        inner = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        inner.load_cert_chain(certificate_for(name or "localhost"))
        connection.context = inner

    outer.sni_callback = choose
    return outer


async def _loopback(host: str, port: int) -> list[Address]:
    del host, port
    return [ipaddress.ip_address("127.0.0.1")]


async def _asked(request: web.Request) -> Asked:
    text = (await request.read()).decode()
    is_json = request.content_type == "application/json" and bool(text)
    return Asked(
        method=request.method,
        url=f"{request.scheme}://{request.host}{request.path_qs}",
        host=request.host,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=json.loads(text) if is_json else text,
    )
