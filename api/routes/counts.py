"""How many runs there are by status and workflow: now, or at an instant."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.endpoints import Endpoint
from api.events_json import instant
from api.log_models import CountQuery, RunCounts
from api.moments import past
from api.runs import store_away
from api.services import services
from api.views import json_response
from infra.errors import Unreachable
from infra.read_models import RunFilter


async def count_runs(request: Request, asked: Annotated[CountQuery, Query()]) -> Response:
    """Count runs by status and workflow, now or as of an instant. Counts are a moment behind the log."""
    past(asked.as_of)
    try:
        found = await services(request).store.run_counts(RunFilter(**asked.model_dump()))
    except Unreachable as error:
        raise store_away(error) from None
    statuses: Counter[str] = Counter()
    workflows: dict[tuple[str, str, str], dict[str, int]] = {}
    for each in found:
        statuses[each.status] += each.runs
        workflows.setdefault((each.namespace, each.name, each.version), {})[each.status] = each.runs
    listed = [
        {"workflow": {"namespace": namespace, "name": name, "version": version}, "statuses": numbers}
        for (namespace, name, version), numbers in workflows.items()
    ]
    as_of = None if asked.as_of is None else instant(int(asked.as_of.timestamp() * 1000))
    return json_response({"as_of": as_of, "statuses": statuses, "workflows": listed})


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/counts",
        handler=count_runs,
        access=Permission.SEE_RUNS,
        tag="runs",
        answer=RunCounts,
    ),
)
