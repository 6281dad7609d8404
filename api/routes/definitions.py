"""Publishing and reading workflow definitions."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import text_body
from api.endpoints import Endpoint
from api.models import Definition, Definitions, DefinitionWithText
from api.problems import bad_request, not_found
from api.services import principal, services
from api.views import definition_view, json_response
from language.places import Limits

MEDIA_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "application/json", "text/plain")
PAGE = 100


async def publish_definition(request: Request) -> Response:
    """Publish a workflow document, YAML or JSON. The same text again gives 200, another text of that version 409."""
    text = await text_body(request, Limits().text_bytes, MEDIA_TYPES)
    found, is_new = await services(request).publishing.publish(text, principal(request).caller)
    where = f"/api/v1/definitions/{found.namespace}/{found.name}/{found.version}"
    return json_response(definition_view(found), 201 if is_new else 200, {"Location": where})


async def list_definitions(
    request: Request,
    namespace: str | None = None,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = PAGE,
    cursor: str | None = None,
) -> Response:
    """List published definitions by namespace and name, versions ascending."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise bad_request("the cursor is not one this list gave")
    start = int(cursor or 0)
    wanted = (
        found
        for found in services(request).catalogue.listed()
        if namespace in (None, found.namespace) and name in (None, found.name)
    )
    page = list(islice(wanted, start, start + limit + 1))
    after = str(start + limit) if len(page) > limit else None
    return json_response({"items": [definition_view(found) for found in page[:limit]], "next": after})


async def get_definition(request: Request, namespace: str, name: str, version: str) -> Response:
    """Read one version, as JSON or, with `Accept: application/yaml`, as its author's text."""
    found = services(request).catalogue.find(namespace, name, version)
    if found is None:
        raise not_found(f"no workflow {namespace}/{name}:{version} is published")
    if "yaml" in request.headers.get("accept", ""):
        return Response(found.text, media_type="application/yaml")
    return json_response(definition_view(found, text=found.text))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/definitions",
        handler=publish_definition,
        access=Permission.PUBLISH,
        tag="definitions",
        answer=Definition,
        status=201,
        media_types=("application/yaml", "application/json"),
        takes_text=True,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/definitions",
        handler=list_definitions,
        access=Permission.SEE_DEFINITIONS,
        tag="definitions",
        answer=Definitions,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/definitions/{namespace}/{name}/{version}",
        handler=get_definition,
        access=Permission.SEE_DEFINITIONS,
        tag="definitions",
        answer=DefinitionWithText,
    ),
)
