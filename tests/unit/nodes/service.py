"""A real HTTP service on loopback that remembers what it was asked, and contexts for nodes that call it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from nodes.base import Caps, Outbound, TaskContext
from nodes.http.addresses import address_policy
from nodes.http.client import HttpClient, HttpOptions

LOOPBACK = ("127.0.0.0/8", "::1")


@dataclass
class Service:
    """A service that listens on 127.0.0.1."""

    url: str = ""
    #: Method, path with query, headers and body of each request.
    seen: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    #: Tokens the authority gave out; the newest is the one that opens the door.
    tokens: list[str] = field(default_factory=list)
    expires_in: int = 3600
    #: Every connection that was opened to it.
    connections: dict[int, asyncio.BaseTransport] = field(default_factory=dict)

    @property
    def last_headers(self) -> Mapping[str, str]:
        return self.seen[-1][2]

    def drop_connections(self) -> None:
        for transport in self.connections.values():
            transport.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            self.connections.setdefault(id(request.transport), request.transport)
        body = await request.read()
        self.seen.append((request.method, request.path_qs, request.headers, body))
        handler = getattr(self, "at_" + request.path.strip("/").replace("/", "_").replace("-", "_"), None)
        if handler is None:
            return web.Response(status=404, text="no such thing")
        answered: web.StreamResponse = await handler(request, body)
        return answered

    async def at_json(self, request: web.Request, body: bytes) -> web.Response:
        return web.json_response({"method": request.method, "query": dict(request.query), "body": body.decode()})

    async def at_text(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(text="grüezi", charset="iso-8859-1")

    async def at_bytes(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(body=b"\0\1\2", content_type="application/octet-stream")

    async def at_empty(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=204)

    async def at_broken_json(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(body=b"{", content_type="application/json")

    async def at_status(self, request: web.Request, body: bytes) -> web.Response:
        headers = {"retry-after": request.query["after"]} if "after" in request.query else {}
        return web.Response(status=int(request.query["code"]), text="because", headers=headers)

    async def at_redirect(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=int(request.query.get("code", "302")), headers={"location": request.query["to"]})

    async def at_circle(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=302, headers={"location": "/circle"})

    async def at_never(self, request: web.Request, body: bytes) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def at_slow(self, request: web.Request, body: bytes) -> web.Response:
        await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=float(request.query["s"]))
        return web.json_response("done")

    async def at_endless(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async def at_large(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(body=b"x" * int(request.query["bytes"]), content_type="application/octet-stream")

    async def at_bomb(self, request: web.Request, body: bytes) -> web.Response:
        headers = {"content-encoding": "gzip", "content-type": "text/plain"}
        return web.Response(body=gzip.compress(b"0" * 4_000_000), headers=headers)

    async def at_cookie(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(headers={"set-cookie": "who=the-first; Path=/"})

    async def at_basic(self, request: web.Request, body: bytes) -> web.Response:
        expected = "Basic " + base64.b64encode(b"anna:s3cret").decode()
        return _let_in(granted=request.headers.get("authorization") == expected)

    async def at_bearer(self, request: web.Request, body: bytes) -> web.Response:
        return _let_in(
            granted=request.headers.get("authorization") in {f"Bearer {token}" for token in self.tokens[-1:]}
        )

    async def at_digest(self, request: web.Request, body: bytes) -> web.Response:
        given = request.headers.get("authorization", "")
        if f'response="{_digest(given, request.path_qs)}"' in given:
            return _let_in(granted=True)
        asked = 'Digest realm="r", nonce="abc", qop="auth", algorithm=SHA-256'
        return web.Response(status=401, headers={"www-authenticate": asked})

    async def at_realm_oauth2_token(self, request: web.Request, body: bytes) -> web.Response:
        return self._token()

    async def at_realm_token(self, request: web.Request, body: bytes) -> web.Response:
        return self._token()

    def _token(self) -> web.Response:
        claims = base64.urlsafe_b64encode(json.dumps({"iss": self.url, "n": len(self.tokens)}).encode())
        self.tokens.append(f"head.{claims.decode().rstrip('=')}.signature")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": self.expires_in})

    async def discovery(self, request: web.Request) -> web.Response:
        self.seen.append((request.method, request.path_qs, request.headers, b""))
        return web.json_response({"token_endpoint": f"{self.url}/realm/token"})


def _let_in(*, granted: bool) -> web.Response:
    return web.json_response("welcome") if granted else web.Response(status=401, text="who are you?")


def _digest(given: str, uri: str) -> str:
    parts = dict(part.strip().split("=", 1) for part in given.removeprefix("Digest ").split(",") if "=" in part)
    found = {name: value.strip('"') for name, value in parts.items()}

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    middle = f"abc:{found.get('nc')}:{found.get('cnonce')}:auth"
    return digest(f"{digest('anna:r:s3cret')}:{middle}:{digest(f'GET:{uri}')}")


@asynccontextmanager
async def running_service(tls: ssl.SSLContext | None = None) -> AsyncIterator[Service]:
    service = Service()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_get("/realm/.well-known/openid-configuration", service.discovery)
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    service.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


def client(allowed: tuple[str, ...] = LOOPBACK, **options: Any) -> HttpClient:
    caps = options.pop("caps", Caps(timeout_s=5))
    return HttpClient(HttpOptions(policy=address_policy(allowed), caps=caps, **options))


@dataclass
class PlainServices:
    """Services that keep what a node shows and logs."""

    http: Outbound
    secrets: Mapping[str, Any]
    shown: list[tuple[str, str]] = field(default_factory=list)
    logged: list[tuple[int, str]] = field(default_factory=list)
    concealed: list[Any] = field(default_factory=list)

    def progress(self, kind: str, text: str) -> None:
        self.shown.append((kind, text))

    def secret(self, name: str) -> Any:
        return self.secrets.get(name)

    def conceal(self, secret: Any) -> None:
        self.concealed.append(secret)

    def log(self, level: int, text: str) -> None:
        self.logged.append((level, text))


def context(http: Outbound, secrets: Mapping[str, Any] | None = None, deadline_at_ms: int = 0) -> TaskContext:
    services = PlainServices(http=http, secrets=secrets or {})
    return TaskContext(run_id="run-1", path="/do/0/call", attempt=1, services=services, deadline_at_ms=deadline_at_ms)
