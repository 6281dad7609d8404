"""A run as one file."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.endpoints import Endpoint
from api.services import services

MEDIA_TYPE = "application/vnd.apache.avro"


async def get_bundle(request: Request, run_id: str) -> Response:
    """Download a run as one file for a bug report: an Avro container of its commits, definition and schemas.

    Fields with names like `password`, and those that a schema of the definition marks `writeOnly` or
    `format: password`, are blacked out, with their values elsewhere.
    `agentos open FILE` steps through it without any server.
    """
    data = await services(request).bundling.bundle(run_id)
    name = "".join(character for character in run_id if character.isalnum() or character in "-_")[:80]
    headers = {"Content-Disposition": f'attachment; filename="run-{name}.avro"'}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)


ENDPOINTS = (
    Endpoint(
        method="GET", path="/api/v1/runs/{run_id}/bundle", handler=get_bundle, access=Permission.SEE_RUNS, tag="runs"
    ),
)
