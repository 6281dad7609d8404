"""Live runs that are to follow another version of their definition."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import model_body
from api.endpoints import Endpoint
from api.fork_models import Bulk, BulkMigrateRequest, FitReport, MigrateRequest
from api.migrations import Migration
from api.routes.forks import runs_of
from api.runs import new_run
from api.services import principal, services
from api.views import json_response

BODY_BYTES = 256 * 1024


async def migrate_run(request: Request, run_id: str) -> Response:
    """Let a live run follow another version from here on; with `dry_run` only tell whether it fits.

    What is under way stays so. Another migration takes it back.
    """
    body = await model_body(request, BODY_BYTES, MigrateRequest)
    new_run(run_id)
    migrations, migration = services(request).migrations, _migration(request, body)
    report = await (migrations.report if body.dry_run else migrations.migrate)(run_id, migration)
    return json_response(report)


async def migrate_runs(request: Request) -> Response:
    """Let every live run that a query gives follow another version; `dry_run` is on if not said otherwise."""
    body = await model_body(request, BODY_BYTES, BulkMigrateRequest)
    page = await runs_of(request, body.query)
    migrations, migration = services(request).migrations, _migration(request, body)
    items = [await migrations.one_of_many(found.run_id, migration, is_dry=body.dry_run) for found in page.runs]
    return json_response({"preview": body.dry_run, "items": items, "more": page.next_cursor is not None})


def _migration(request: Request, body: MigrateRequest) -> Migration:
    return Migration(version=body.version, mapping=body.mapping, reason=body.reason, by=principal(request).caller)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/runs/{run_id}/migrate",
        handler=migrate_run,
        access=Permission.CONTROL_RUNS,
        tag="forks",
        answer=FitReport,
        body=MigrateRequest,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/migrations",
        handler=migrate_runs,
        access=Permission.CONTROL_RUNS,
        tag="forks",
        answer=Bulk,
        body=BulkMigrateRequest,
    ),
)
