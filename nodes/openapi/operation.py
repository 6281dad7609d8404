"""One operation of an OpenAPI document, and the HTTP call that it makes of given parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin

from nodes.errors import fault
from nodes.openapi.document import ApiDocument

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation: its place and what it takes."""

    method: str
    #: Whole address, with `{name}` for each parameter in the path.
    url: str
    #: Where each parameter goes (`path`, `query`, `header`, `cookie`; `body` and `formData` of Swagger 2.0), by name.
    places: Mapping[str, str]
    required: frozenset[str]
    #: Content type of its body; empty when it has none.
    body_type: str


@dataclass(slots=True)
class Parts:
    """A request in the making."""

    url: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    body: Any = None


def find_operation(document: ApiDocument, operation_id: str) -> Operation:
    """Give the operation with this id. Raises `NodeError` that names those there are."""
    known = []
    for path, method, shared, found in _operations(document):
        if found.get("operationId") == operation_id:
            return _operation(document, path, method, _merged(document, shared, found))
        known.append(str(found.get("operationId")))
    some = ", ".join(known[:20]) or "none"
    raise fault("configuration", f"{document.uri}: expected the operation {operation_id!r}, found {some}")


def request_parts(operation: Operation, given: Mapping[str, Any]) -> Parts:
    """Give the request for `given` parameters. Those that are none of the operation's are members of its body."""
    missing = sorted(name for name in operation.required if given.get(name) is None)
    if missing:
        raise fault("validation", f"expected the parameter {' and '.join(map(repr, missing))}, found none")
    parts, members = Parts(url=operation.url), {}
    for name, value in given.items():
        if name in operation.places:
            _place(parts, operation.places[name], name, value)
        else:
            members[name] = value
    if members:
        _add_body(parts, operation, members)
    if parts.form:
        parts.body, parts.headers["content-type"] = parts.form, FORM
    elif parts.body is not None and operation.body_type:
        parts.headers.setdefault("content-type", operation.body_type)
    if parts.cookies:
        parts.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in parts.cookies.items())
    return parts


def _add_body(parts: Parts, operation: Operation, members: dict[str, Any]) -> None:
    if not operation.body_type:
        known = ", ".join(sorted(operation.places)) or "none"
        raise fault("validation", f"expected parameters out of {known}; found {', '.join(sorted(members))}")
    parts.body = members["body"] if set(members) == {"body"} else members


def _place(parts: Parts, where: str, name: str, value: Any) -> None:
    match where:
        case "path":
            parts.url = parts.url.replace(f"{{{name}}}", quote(_text(value), safe=""))
        case "query":
            parts.query[name] = value
        case "header":
            parts.headers[name] = _text(value)
        case "cookie":
            parts.cookies[name] = quote(_text(value), safe="")
        case "formData":
            parts.form[name] = value
        case _:
            parts.body = value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _operations(document: ApiDocument) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for path, item in document.data["paths"].items():
        shared = document.follow(item)
        for method in METHODS:
            if isinstance(shared.get(method), dict):
                yield path, method, shared, shared[method]


def _merged(document: ApiDocument, shared: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    every = [document.follow(part) for part in [*shared.get("parameters", []), *found.get("parameters", [])]]
    return {"servers": shared.get("servers")} | found | {"parameters": every}


def _operation(document: ApiDocument, path: str, method: str, found: dict[str, Any]) -> Operation:
    parameters = found["parameters"]
    body = document.follow(found["requestBody"]) if "requestBody" in found else {}
    types = list(body.get("content", {})) or [FORM if body else ""]
    required = {part["name"] for part in parameters if part.get("required")}
    return Operation(
        method=method,
        url=_base(document, found).rstrip("/") + path,
        places={str(part["name"]): str(part["in"]) for part in parameters},
        required=frozenset(required),
        body_type=next((kind for kind in types if "json" in kind), types[0]),
    )


def _base(document: ApiDocument, found: dict[str, Any]) -> str:
    data = document.data
    if "swagger" in data:
        default = document.uri.split("://", 1)
        scheme = (data.get("schemes") or [default[0]])[0]
        return f"{scheme}://{data.get('host') or default[1].split('/', 1)[0]}{data.get('basePath', '')}"
    servers = found.get("servers") or data.get("servers") or [{"url": "/"}]
    url = str(servers[0].get("url", "/"))
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return urljoin(document.uri, url)
