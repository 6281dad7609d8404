"""What a response means for the task: its output, or an error of a standard type."""

from __future__ import annotations

import base64
import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from nodes.errors import NodeError, fault, passing_fault
from nodes.http.arguments import HttpArguments
from nodes.http.exchange import Exchange, excerpt, shown

#: Statuses that may go away.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
KIND_OF_STATUS = {401: "authentication", 403: "authorization", 407: "authentication", 408: "timeout", 504: "timeout"}
#: Request headers that are not given out with the response.
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})
TEXT_TYPES = ("xml", "javascript", "yaml", "x-www-form-urlencoded", "csv", "graphql", "toml", "html")


def output_of(found: Exchange, arguments: HttpArguments) -> Any:
    """Give the task's output, in the form its author wants. Raises `NodeError` for a status that is an error."""
    limit = 400 if arguments.redirect else 300
    if not 200 <= found.response.status_code < limit:
        raise error_of(found)
    match arguments.output:
        case "raw":
            return base64.b64encode(found.body).decode() if found.body else None
        case "content":
            return content_of(found)
        case "response":
            return _whole(found)


def error_of(found: Exchange, now: datetime | None = None) -> NodeError:
    """Give the error a response stands for; `retryAfterMs` says when its sender wants to be asked again."""
    response = found.response
    status = response.status_code
    where = f"{found.request.method} {shown(found.request.url)}"
    told = f": {excerpt(found)}" if found.body else ""
    hint = " (set `redirect: true` to follow it)" if response.is_redirect else ""
    detail = f"{where}: expected success, found status {status} {response.reason_phrase}{hint}{told}"
    make = passing_fault if status in PASSING else fault
    wait = retry_after_ms(response, now or datetime.now(UTC)) if status in PASSING else None
    return make(KIND_OF_STATUS.get(status, "communication"), detail, status, retryAfterMs=wait)


def retry_after_ms(response: httpx.Response, now: datetime) -> int | None:
    """Give the milliseconds of a `Retry-After` header, which has seconds or an instant; None without a sound one."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return int(text) * 1000
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return max(0, math.ceil((at - now).total_seconds() * 1000))


def content_of(found: Exchange) -> Any:
    """Give the content: JSON as its value, text as text, anything else as base64, nothing as null."""
    if not found.body:
        return None
    kind = found.response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return _json(found)
    if kind.startswith("text/") or kind.endswith(TEXT_TYPES):
        return found.body.decode(_charset(found.response), errors="replace")
    return base64.b64encode(found.body).decode()


def _json(found: Exchange) -> Any:
    try:
        return json.loads(found.body)
    except (ValueError, RecursionError) as error:
        where = f"{found.request.method} {shown(found.request.url)}"
        raise fault("communication", f"{where}: expected JSON, found {excerpt(found)!r}: {error}") from None


def _charset(response: httpx.Response) -> str:
    try:
        "".encode(response.charset_encoding or "utf-8")
    except LookupError:
        return "utf-8"
    return response.charset_encoding or "utf-8"


def _whole(found: Exchange) -> dict[str, Any]:
    request, response = found.request, found.response
    return {
        "request": {
            "method": request.method,
            "uri": str(request.url.copy_with(userinfo=b"")),
            "headers": {
                name: "***" if name.lower() in CREDENTIALS else value for name, value in request.headers.items()
            },
        },
        "statusCode": response.status_code,
        "headers": dict(response.headers.items()),
        "content": content_of(found),
    }
