"""The node type `http`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import HttpArguments
from nodes.http.authentication import auth_for, authorization_of
from nodes.http.exchange import REDIRECTS_MAX, Limits, exchange
from nodes.http.outcome import output_of
from nodes.http.tokens import Tokens

#: Methods that change nothing, so that repeating them does no harm.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
VARIABLE = re.compile(r"\{[^{}]*\}")
FORM = "application/x-www-form-urlencoded"


class Http:
    """Calls a service over HTTP and gives what it answers."""

    name = "http"
    version = "1.0.0"
    icon = "globe"
    With = HttpArguments
    Output = Any
    examples = (
        {"method": "get", "endpoint": "https://petstore.example/pets/1"},
        {"method": "post", "endpoint": "https://petstore.example/pets", "body": {"name": "Milou"}},
    )

    def __init__(self) -> None:
        self._tokens = Tokens()

    async def authorization(self, arguments: Mapping[str, Any], ctx: TaskContext) -> Mapping[str, Any] | None:
        """Give what `$authorization` is in the arguments: that of their endpoint."""
        endpoint = arguments.get("endpoint")
        given = endpoint.get("authentication") if isinstance(endpoint, dict) else None
        return None if given is None else await authorization_of(given, self._tokens, ctx)

    async def run(self, with_: HttpArguments, ctx: TaskContext) -> Any:
        """Send the request, and give the response's content (or all of it, as `output` says)."""
        request = request_of(with_, ctx)
        auth = auth_for(with_.authentication, self._tokens, ctx)
        return output_of(await exchange(request, ctx, auth, limits_of(with_, ctx)), with_)


def limits_of(with_: HttpArguments, ctx: TaskContext) -> Limits:
    """Give the caps: the process's own, and the task's deadline if that is sooner."""
    left = ctx.remaining_s()
    caps = ctx.http.caps
    return Limits(
        body_bytes=caps.body_bytes,
        timeout_s=caps.timeout_s if left is None else min(left, caps.timeout_s),
        redirects=REDIRECTS_MAX if with_.redirect else 0,
    )


def request_of(with_: HttpArguments, ctx: TaskContext) -> httpx.Request:
    """Give the request, with `Idempotency-Key` for methods that change something."""
    method = with_.method.upper()
    headers = httpx.Headers({name: _text(value) for name, value in with_.headers.items() if value is not None})
    content = _content(with_.body, headers)
    if method not in SAFE:
        headers.setdefault("idempotency-key", quote(ctx.idempotency_key, safe="/:@-._~"))
    return ctx.http.request(method, _url(with_), headers=headers, content=content)


def _url(with_: HttpArguments) -> httpx.URL:
    left = VARIABLE.findall(with_.uri)
    if left:
        raise fault("configuration", f"expected a value for {', '.join(left)} of the endpoint {with_.uri}, found none")
    try:
        url = httpx.URL(with_.uri)
    except httpx.InvalidURL as error:
        raise fault("configuration", f"expected an http or https address, found {with_.uri!r}: {error}") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise fault("configuration", f"expected an http or https address, found {with_.uri!r}")
    added = urlencode([pair for name, value in with_.query.items() for pair in _pairs(name, value)])
    query = b"&".join(part for part in (url.query, added.encode()) if part)
    return url.copy_with(query=query or None)


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    values = value if isinstance(value, list) else [value]
    return [(name, _text(one)) for one in values if one is not None]


def _content(body: Any, headers: httpx.Headers) -> bytes | None:
    if body is None:
        return None
    kind = headers.get("content-type", "")
    if isinstance(body, str):
        headers.setdefault("content-type", "text/plain; charset=utf-8")
        return body.encode()
    if kind.partition(";")[0].strip().lower() == FORM and isinstance(body, dict):
        return urlencode([pair for name, value in body.items() for pair in _pairs(name, value)]).encode()
    headers.setdefault("content-type", "application/json")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
