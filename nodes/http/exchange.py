"""One HTTP exchange: request, redirects, and the body of the response, within caps of size and time.

A redirect is a new request: its address is checked like the first one's. To another origin go no credentials and
none of the author's own headers, since those may be credentials too; and never from https to http.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault
from nodes.http.network import ForbiddenAddress

REDIRECTS_MAX = 10
#: Headers that may follow a redirect to another origin.
HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-length", "content-type", "host", "user-agent"}
)
#: Answers of an authority are small.
JSON_BYTES_MAX = 1024 * 1024

CONNECTION_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpx.TransportError,
    httpx.DecodingError,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of one exchange."""

    body_bytes: int
    timeout_s: float
    #: 0 follows none.
    redirects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A response with its whole body, and the request that got it."""

    request: httpx.Request
    response: httpx.Response
    body: bytes


async def exchange(request: httpx.Request, ctx: TaskContext, auth: httpx.Auth | None, limits: Limits) -> Exchange:
    """Send `request` and read the response, following redirects. Raises `NodeError` when there is no response."""
    where = f"{request.method} {shown(request.url)}"
    try:
        async with asyncio.timeout(limits.timeout_s):
            return await _followed(request, ctx, auth, limits)
    except NodeError:
        raise
    except TimeoutError:
        raise passing_fault(
            "timeout", f"{where}: expected an answer within {limits.timeout_s:g} s, found none"
        ) from None
    except ForbiddenAddress as error:
        raise fault("authorization", f"{where}: {error}") from None
    except (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise fault("configuration", f"{where}: expected an http or https address; {error}") from None
    except httpcore.ConnectTimeout:
        raise passing_fault("timeout", f"{where}: no connection in time") from None
    except CONNECTION_ERRORS as error:
        reason = str(error) or type(error).__name__
        raise passing_fault("communication", f"{where}: {reason}") from None


async def fetch_json(request: httpx.Request, ctx: TaskContext, auth: httpx.Auth | None) -> Mapping[str, Any]:
    """Give the JSON object an authority answers with. Raises `NodeError` of type authentication for anything else."""
    limits = Limits(body_bytes=JSON_BYTES_MAX, timeout_s=min(30.0, ctx.remaining_s() or 30.0), redirects=0)
    found = await exchange(request, ctx, auth, limits)
    where = f"{request.method} {shown(request.url)}"
    if not found.response.is_success:
        make = passing_fault if found.response.is_server_error else fault
        raise make(
            "authentication", f"{where}: expected a token, found status {found.response.status_code}: {excerpt(found)}"
        )
    try:
        answer = json.loads(found.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise fault("authentication", f"{where}: expected a JSON object, found {excerpt(found)!r}")
    return answer


def shown(url: httpx.URL) -> str:
    """Give an address as it may be shown: user information and query may hold secrets."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}{url.path}"


def excerpt(found: Exchange) -> str:
    """Give the beginning of a body, for people."""
    return found.body[:500].decode("utf-8", errors="replace").strip()


async def _followed(request: httpx.Request, ctx: TaskContext, auth: httpx.Auth | None, limits: Limits) -> Exchange:
    for _ in range(limits.redirects + 1):
        response = await ctx.http.send(request, auth=auth)
        try:
            body = await _body(response, limits.body_bytes)
        finally:
            await response.aclose()
        following = response.next_request
        if following is None or not limits.redirects:
            return Exchange(request=request, response=response, body=body)
        auth = auth if _same_origin(request.url, following.url) else None
        request = _redirected(request, following)
    raise fault("communication", f"expected at most {limits.redirects} redirects, found more, to {shown(request.url)}")


def _redirected(request: httpx.Request, following: httpx.Request) -> httpx.Request:
    if request.url.scheme == "https" and following.url.scheme != "https":
        raise fault("communication", f"refused a redirect from https to {shown(following.url)}")
    if not _same_origin(request.url, following.url):
        for name in [name for name in following.headers if name.lower() not in HARMLESS]:
            del following.headers[name]
    return following


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


async def _body(response: httpx.Response, limit: int) -> bytes:
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_big(limit, f"{declared} bytes")
    parts = bytearray()
    async for part in response.aiter_bytes():
        parts += part
        if len(parts) > limit:
            raise _too_big(limit, "more")
    return bytes(parts)


def _too_big(limit: int, found: str) -> NodeError:
    return fault("communication", f"expected a response of at most {limit} bytes, found {found}")
