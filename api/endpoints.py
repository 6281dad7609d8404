"""What a route is here: a handler, and the one permission that lets somebody in. Without one it is not served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from api.auth import Permission

Handler = Callable[..., Awaitable[Response]]


class Public:
    """Marks a route that anybody may use, without credentials."""


PUBLIC = Public()
Access = Permission | Public


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route as it is declared. The handler's docstring is its description in OpenAPI."""

    method: str
    path: str
    handler: Handler
    access: Access
    tag: str
    #: Model of the answer, for OpenAPI; the handler writes it itself.
    answer: type[BaseModel] | None = None
    status: int = 200
    #: Model or media types of the request body, for OpenAPI.
    body: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ("application/json",)
    #: Whether the body is text in one of the media types, and not described by a model.
    takes_text: bool = False
    #: Whether the route is left out of OpenAPI.
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class AccessTable:
    """Which route object needs which permission. The only source of exemptions. Routes are told apart by identity."""

    app: FastAPI
    _declared: dict[int, tuple[BaseRoute, Access]] = field(default_factory=dict)

    def add(self, endpoints: Iterable[Endpoint]) -> None:
        """Serve `endpoints`, in order."""
        for endpoint in endpoints:
            self.app.add_api_route(
                endpoint.path,
                endpoint.handler,
                methods=[endpoint.method],
                status_code=endpoint.status,
                response_model=None,
                response_class=Response,
                tags=[endpoint.tag],
                responses=_responses(endpoint),
                openapi_extra=_body(endpoint),
                include_in_schema=not endpoint.hidden,
                operation_id=endpoint.handler.__name__,
            )
            route = self.app.router.routes[-1]
            self._declared[id(route)] = (route, endpoint.access)

    def match(self, scope: Scope) -> BaseRoute | None:
        """Give the route object that will serve the request, if one does."""
        return next((route for route in self.app.router.routes if route.matches(scope)[0] is Match.FULL), None)

    def access(self, route: BaseRoute) -> Access | None:
        """Give what the route needs; `None` for one that nobody declared, which is then not served."""
        declared = self._declared.get(id(route))
        return declared[1] if declared else None


def _responses(endpoint: Endpoint) -> dict[int | str, dict[str, Any]]:
    problem = {"description": "A problem document (RFC 9457)", "content": {"application/problem+json": {}}}
    answers: dict[int | str, dict[str, Any]] = {"default": problem}
    if endpoint.answer is not None:
        answers[endpoint.status] = {"model": endpoint.answer, "description": "Done"}
    return answers


def _body(endpoint: Endpoint) -> dict[str, Any] | None:
    if endpoint.body is None and not endpoint.takes_text:
        return None
    schema = {"type": "string"} if endpoint.body is None else _whole(endpoint.body.model_json_schema())
    content = {kind: {"schema": schema} for kind in endpoint.media_types}
    return {"requestBody": {"required": True, "content": content}}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a body with its parts in place: a reference to `$defs` would lead nowhere in OpenAPI."""
    parts = schema.pop("$defs", {})

    def placed(node: Any) -> Any:
        match node:
            case {"$ref": str(where)}:
                return placed(parts[where.rpartition("/")[2]])
            case dict():
                return {key: placed(value) for key, value in node.items()}
            case list():
                return [placed(value) for value in node]
            case _:
                return node

    found: dict[str, Any] = placed(schema)
    return found
