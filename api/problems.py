"""RFC 9457 problem documents: the only shape an error leaves the API in."""

from __future__ import annotations

import http
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

import engine.errors

MEDIA_TYPE = "application/problem+json"

#: Where the kinds of problems are described. A fragment of docs/reference/api.md.
KIND = "urn:agentos:problem:"


@dataclass(eq=False, kw_only=True)
class Problem(Exception):
    """What went wrong with a request. `extra` are further members, `headers` go with the response."""

    status: int
    #: Last part of the type's URN: stable, for programs.
    kind: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, instance: str) -> dict[str, Any]:
        """Give the problem document for the request path `instance`."""
        return {
            "type": f"{KIND}{self.kind}",
            "title": http.HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.extra,
        }

    def response(self, instance: str) -> Response:
        """Give the response for the request path `instance`."""
        body = orjson.dumps(self.document(instance))
        return Response(body, self.status, dict(self.headers), media_type=MEDIA_TYPE)


def bad_request(detail: str) -> Problem:
    """400: the request cannot be read."""
    return Problem(status=400, kind="malformed", detail=detail)


def unauthorized() -> Problem:
    """401: no or wrong credentials."""
    detail = "expected a valid token: send `Authorization: Bearer TOKEN`, or open the address that `agentos up` printed"
    return Problem(
        status=401, kind="unauthorized", detail=detail, headers={"WWW-Authenticate": 'Bearer realm="agentos"'}
    )


def forbidden(detail: str) -> Problem:
    """403: known, but not allowed."""
    return Problem(status=403, kind="forbidden", detail=detail)


def not_found(detail: str) -> Problem:
    """404: there is no such thing."""
    return Problem(status=404, kind="not-found", detail=detail)


def conflict(kind: str, detail: str, **extra: Any) -> Problem:
    """409: not possible in the state things are in."""
    return Problem(status=409, kind=kind, detail=detail, extra=extra)


def too_large(limit_bytes: int, what: str) -> Problem:
    """413: more bytes than the limit."""
    detail = f"{what} is larger than {limit_bytes} bytes: send less, or raise AGENTOS_PAYLOAD_BYTES"
    return Problem(status=413, kind="too-large", detail=detail, extra={"limit_bytes": limit_bytes})


def unprocessable(kind: str, detail: str, **extra: Any) -> Problem:
    """422: readable, but breaks a rule."""
    return Problem(status=422, kind=kind, detail=detail, extra=extra)


def internal() -> Problem:
    """500: a mistake of ours, of which nothing is shown."""
    return Problem(status=500, kind="internal", detail="the request failed for a reason of ours; the log says which")


def unavailable(what: str, retry_after_s: int = 2, **extra: Any) -> Problem:
    """503: something behind the API does not answer; try again after `retry_after_s`."""
    return Problem(
        status=503, kind="unavailable", detail=what, extra=extra, headers={"Retry-After": str(retry_after_s)}
    )


def invalid_definition(problems: Sequence[engine.errors.Problem]) -> Problem:
    """422: the author's document breaks the language; every violation with its place."""
    listed = [
        {
            "pointer": found.pointer,
            "line": found.line,
            "column": found.column,
            "message": found.message,
            "expected": found.expected,
            "found": found.found,
        }
        for found in problems
    ]
    count = f"{len(listed)} problem{'s' if len(listed) != 1 else ''}"
    return unprocessable("invalid-definition", f"the definition has {count}; see `problems`", problems=listed)
