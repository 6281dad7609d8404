"""Forks of runs: made, listed, and compared with what they are of."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import model_body
from api.comparing import compare
from api.endpoints import Endpoint
from api.fork_models import Bulk, BulkForkRequest, Comparison, ForkPreview, ForkRequest, MomentRequest, RewindRequest
from api.forks import Wanted
from api.models import Run, Runs
from api.preferences import idempotency_key
from api.problems import Problem, bad_request
from api.routes.runs import reference_of
from api.runs import new_run, store_away
from api.services import principal, services
from api.views import json_response, run_view, summary_view
from engine.state import FINAL
from infra.errors import Unreachable
from infra.read_models import InvalidCursor, RunFilter, RunSort

#: Room for what a request says beside its payloads, of which it may hold a few.
PAYLOADS, ENVELOPE_BYTES = 3, 64 * 1024


async def fork_run(request: Request, run_id: str) -> Response:
    """Begin a run with the state this one had after one of its events, with whatever is to be different.

    This run is not changed. With `Idempotency-Key` the same key gives the same fork.
    """
    body = await model_body(request, _limit(request), ForkRequest)
    wanted = _wanted(request, run_id, body, mode=body.mode, key=idempotency_key(request.headers))
    return _made(await services(request).forks.fork(wanted))


async def preview_fork(request: Request, run_id: str) -> Response:
    """Tell what a fork would do, without making it: which tasks would run, and what they took before."""
    body = await model_body(request, _limit(request), ForkRequest)
    return json_response(await services(request).forks.preview(_wanted(request, run_id, body, mode=body.mode)))


async def rewind_run(request: Request, run_id: str) -> Response:
    """Begin a run that takes the place of this one from an event on: this one is cancelled once the other exists."""
    body = await model_body(request, _limit(request), RewindRequest)
    wanted = _wanted(request, run_id, body, supersedes=True, key=idempotency_key(request.headers))
    return _made(await services(request).forks.fork(wanted))


async def list_forks(
    request: Request,
    run_id: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """List the runs that were forked from this one, newest first."""
    new_run(run_id)
    store = services(request).store
    try:
        page = await store.page(RunFilter(forked_from=run_id), RunSort.STARTED_LAST, cursor, limit)
    except InvalidCursor as error:
        raise bad_request(str(error)) from None
    except Unreachable as error:
        raise store_away(error) from None
    return json_response({"items": [summary_view(found) for found in page.runs], "next": page.next_cursor})


async def fork_runs(request: Request) -> Response:
    """Fork every run that a query gives, each at the same event, task, or its newest event; first as a preview."""
    here = services(request)
    body = await model_body(request, _limit(request), BulkForkRequest)
    page = await runs_of(request, body.query)
    items = []
    for found in page.runs:
        wanted = _wanted(request, found.run_id, body, mode=body.mode)
        items.append(await _one(here.forks, wanted, is_preview=body.preview))
    return json_response({"preview": body.preview, "items": items, "more": page.next_cursor is not None})


async def compare_runs(
    request: Request, a: Annotated[str, Query(max_length=200)], b: Annotated[str, Query(max_length=200)]
) -> Response:
    """Compare two runs: path, outputs, durations, tokens, money. Of a fork and its run, from where they part."""
    return json_response(await compare(services(request).forks, a, b))


async def _one(forks: Any, wanted: Wanted, *, is_preview: bool) -> dict[str, Any]:
    try:
        if is_preview:
            made = (await forks.prepare(wanted, "preview")).order
            return {"run": wanted.run_id, "done": False, "result": f"at event {made.at_event}", "problems": []}
        return {"run": wanted.run_id, "done": True, "result": (await forks.fork(wanted)).run_id, "problems": []}
    except Problem as problem:
        return {"run": wanted.run_id, "done": False, "result": "refused", "problems": [problem.detail]}


async def runs_of(request: Request, query: Any) -> Any:
    """Give the page of runs that a query in a body asks for."""
    wanted = RunFilter(
        statuses=tuple(query.status),
        **query.model_dump(exclude={"status", "sort", "limit", "cursor"}, exclude_none=True),
    )
    try:
        return await services(request).store.page(wanted, query.sort, query.cursor, query.limit)
    except InvalidCursor as error:
        raise bad_request(str(error)) from None
    except Unreachable as error:
        raise store_away(error) from None


def _wanted(request: Request, run_id: str, body: MomentRequest, **more: Any) -> Wanted:
    definition = None if body.definition is None else reference_of(body.definition)
    new_run(run_id)
    return Wanted(
        run_id=run_id,
        by=principal(request).caller,
        event=body.event,
        task=body.task,
        definition=None if definition is None else (definition.namespace, definition.name, definition.version),
        overrides=body.overrides(),
        **more,
    )


def _made(state: Any) -> Response:
    headers = {"Location": f"/api/v1/runs/{state.run_id}"}
    return json_response(run_view(state), 200 if state.status in FINAL else 202, headers)


def _limit(request: Request) -> int:
    return services(request).payload_bytes * PAYLOADS + ENVELOPE_BYTES


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/runs/{run_id}/forks",
        handler=fork_run,
        access=Permission.START_RUNS,
        tag="forks",
        answer=Run,
        status=202,
        body=ForkRequest,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/runs/{run_id}/forks/preview",
        handler=preview_fork,
        access=Permission.SEE_RUNS,
        tag="forks",
        answer=ForkPreview,
        body=ForkRequest,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{run_id}/forks",
        handler=list_forks,
        access=Permission.SEE_RUNS,
        tag="forks",
        answer=Runs,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/runs/{run_id}/rewind",
        handler=rewind_run,
        access=Permission.CONTROL_RUNS,
        tag="forks",
        answer=Run,
        status=202,
        body=RewindRequest,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/forks",
        handler=fork_runs,
        access=Permission.CONTROL_RUNS,
        tag="forks",
        answer=Bulk,
        body=BulkForkRequest,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/compare",
        handler=compare_runs,
        access=Permission.SEE_RUNS,
        tag="forks",
        answer=Comparison,
    ),
)
