"""Workflows that start by themselves."""

from __future__ import annotations

import asyncio
import json
from itertools import islice
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import no_body
from api.endpoints import Endpoint
from api.models import Schedule, Schedules
from api.problems import bad_request
from api.services import Services, principal, services
from api.views import json_response
from engine.gates import ScheduleState
from engine.instants import iso8601
from engine.matching import types_of
from schemas.records import Definition

PAGE = 50


async def list_schedules(
    request: Request,
    namespace: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    cursor: str | None = None,
) -> Response:
    """List the schedules by namespace and name: of each workflow whose highest version has one."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise bad_request("the cursor is not one this list gave")
    here, start = services(request), int(cursor or 0)
    wanted = (found for found in here.schedules.listed() if namespace in (None, found[0].namespace))
    page = list(islice(wanted, start, start + limit + 1))
    items = await asyncio.gather(*(_view(here, found) for found in page[:limit]))
    return json_response({"items": items, "next": str(start + limit) if len(page) > limit else None})


async def get_schedule(request: Request, namespace: str, name: str) -> Response:
    """Read one schedule."""
    here = services(request)
    return json_response(await _view(here, here.schedules.scheduled(namespace, name)))


async def pause_schedule(request: Request, namespace: str, name: str) -> Response:
    """Let a schedule start nothing until it is resumed. Events that come meanwhile are not for it."""
    await no_body(request)
    here = services(request)
    await here.schedules.pause(namespace, name, principal(request).caller)
    return json_response(await _view(here, here.schedules.scheduled(namespace, name)))


async def resume_schedule(request: Request, namespace: str, name: str) -> Response:
    """Let a schedule start runs of the highest version again, counting from now."""
    await no_body(request)
    here = services(request)
    await here.schedules.resume(namespace, name, principal(request).caller)
    return json_response(await _view(here, here.schedules.scheduled(namespace, name)))


async def _view(here: Services, found: tuple[Definition, str]) -> dict[str, Any]:
    definition, schedule = found
    state = await here.schedules.find(definition.namespace, definition.name) or ScheduleState(run_id="")
    due = sorted((timer.fire_at_ms, timer.timer_id) for timer in state.timers.values())
    return {
        "workflow": {
            "namespace": definition.namespace,
            "name": definition.name,
            "version": state.version or definition.version,
        },
        "schedule": json.loads(state.schedule if state.version else schedule),
        "active": state.active,
        "next_at": iso8601(due[0][0]) if due else None,
        "due": [{"kind": kind, "at": iso8601(at_ms)} for at_ms, kind in due],
        "waiting_for_types": list(types_of(state.filters)) if state.filters is not None else [],
        "incomplete_sets": len(state.sets),
        "starts": state.fired,
        "last_run": state.last_run_id,
        "seq": state.seq,
    }


_SCHEDULE = "/api/v1/schedules/{namespace}/{name}"
ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/schedules",
        handler=list_schedules,
        access=Permission.SEE_DEFINITIONS,
        tag="schedules",
        answer=Schedules,
    ),
    Endpoint(
        method="GET",
        path=_SCHEDULE,
        handler=get_schedule,
        access=Permission.SEE_DEFINITIONS,
        tag="schedules",
        answer=Schedule,
    ),
    Endpoint(
        method="POST",
        path=f"{_SCHEDULE}/pause",
        handler=pause_schedule,
        access=Permission.CONTROL_RUNS,
        tag="schedules",
        answer=Schedule,
    ),
    Endpoint(
        method="POST",
        path=f"{_SCHEDULE}/resume",
        handler=resume_schedule,
        access=Permission.CONTROL_RUNS,
        tag="schedules",
        answer=Schedule,
    ),
)
