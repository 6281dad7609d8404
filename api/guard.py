"""The door: every request and response passes here, before any route is chosen and after it has answered.

Nothing gets in by the look of its path. A request without credentials reaches a route only if the very route object
that will serve it is declared public; see `api.endpoints`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import ACTS_FOR, Credentials, Principal
from api.endpoints import AccessTable, Public
from api.metrics import Metrics
from api.problems import Problem, bad_request, forbidden, internal, unauthorized, unavailable
from api.sign_in import sign_in_page

LOG = logging.getLogger(__name__)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What the command line calls itself, followed by a slash and its version.
CLI_AGENT = "agentos-cli/"


def content_policy(*, style_nonce: str | None = None) -> str:
    """Give what a page may load and do: only what this server sends, and style elements with the nonce."""
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


#: Requests served at once, waiting ones and streams included; more are sent away for a moment.
MOST_AT_ONCE = 5_000


@dataclass(slots=True, kw_only=True)
class Guard:
    """ASGI middleware around the whole application. `hosts` are the names it answers to; empty for any."""

    app: ASGIApp
    table: AccessTable
    credentials: Credentials
    metrics: Metrics
    hosts: frozenset[str] = frozenset()
    most_at_once: int = MOST_AT_ONCE
    _inside: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it with a problem."""
        match scope["type"]:
            case "lifespan":
                await self.app(scope, receive, send)
            case "http":
                await self._serve(scope, receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1008, "reason": "there are no WebSockets here"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        self._inside += 1
        try:
            self._admit(scope)
            await self.app(scope, receive, reply.send)
        except Problem as problem:
            await _refuse(problem, scope, receive, reply)
        except Exception:  # the outermost boundary: the client gets a problem document, the log gets the cause
            LOG.exception("%s %s failed", scope["method"], scope["path"])
            if not reply.status:
                await _refuse(internal(), scope, receive, reply)
        finally:
            self._inside -= 1
            self.metrics.answered(scope["method"], reply.status)

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers)
        _check_path(scope)
        known = self._speaker(self.credentials.principal(headers.get("authorization"), headers.get("cookie")), headers)
        principal = _located(known, scope)
        route = self.table.match(scope)
        access = self.table.access(route) if route is not None else None
        if self._inside > self.most_at_once and not isinstance(access, Public):
            raise unavailable(f"{self.most_at_once} requests are being served: try again", retry_after_s=1)
        if isinstance(access, Public):
            pass
        elif principal is None:
            raise unauthorized()
        elif route is not None and (access is None or not principal.may(access)):
            raise forbidden(f"{principal.name} lacks the permission {access or 'that nobody can have'}")
        if principal is not None:
            _check_origin(principal, scope, headers)
        scope.setdefault("state", {})["principal"] = principal

    def _speaker(self, known: Principal | None, headers: Headers) -> Principal | None:
        """Give the person a request is made for: the one it names, where the settings let it."""
        if known is None:
            return None
        acting = self.credentials.acting(known, headers.get(ACTS_FOR))
        if acting is None:
            raise forbidden(f"{known.name} may not name a person by {ACTS_FOR}, or the name is none; see settings")
        return acting

    def _check_host(self, headers: Headers) -> None:
        """Refuse names that are not ours: a page elsewhere could make its own name point at this machine."""
        if not self.hosts:
            return
        name = _without_port(headers.get("host", "")).lower()
        if name not in self.hosts:
            detail = f"expected a Host of {', '.join(sorted(self.hosts))}, found {name[:100]!r}"
            raise Problem(status=421, kind="wrong-host", detail=detail)


class _Reply:
    """Adds what every response carries, and remembers its status."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


async def _refuse(problem: Problem, scope: Scope, receive: Receive, reply: _Reply) -> None:
    wants_page = problem.status == 401 and scope["method"] == "GET" and not scope["path"].startswith("/api/")
    if wants_page and "text/html" in Headers(scope=scope).get("accept", ""):
        await sign_in_page(401)(scope, receive, reply.send)
    else:
        await problem.response(scope["path"])(scope, receive, reply.send)


def _located(principal: Principal | None, scope: Scope) -> Principal | None:
    """Give the principal with the place its request came from: the channel is a claim, the address is the socket's."""
    if principal is None:
        return None
    agent = Headers(scope=scope).get("user-agent", "")
    channel = "web" if principal.by_cookie else "cli" if agent.startswith(CLI_AGENT) else "api"
    client = scope.get("client")
    return replace(principal, origin=f"{channel}:{client[0] if client else ''}")


def _check_path(scope: Scope) -> None:
    raw = scope.get("raw_path", b"").lower()
    if b"%2f" in raw or b"%5c" in raw or b"%00" in raw:
        raise bad_request("the path holds an encoded slash, backslash or zero: no address of this API has one")


def _check_origin(principal: Principal, scope: Scope, headers: Headers) -> None:
    """Refuse what another site, or another port of this machine, lets a signed-in browser send."""
    if not principal.by_cookie or scope["method"] in SAFE_METHODS:
        return
    own = f"{scope['scheme']}://{headers.get('host', '')}"
    origin = headers.get("origin")
    if origin != own and (origin is not None or headers.get("sec-fetch-site") not in {"same-origin", "none"}):
        raise forbidden(f"expected a request from {own}, found one from {origin or 'elsewhere'}")


def _without_port(host: str) -> str:
    return host.partition("]")[0] + "]" if host.startswith("[") else host.rpartition(":")[0] or host
