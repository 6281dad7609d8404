"""Starting and reading runs."""

from __future__ import annotations

import re
import time
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import model_body
from api.endpoints import Endpoint
from api.log_models import RunDiff
from api.models import Run, RunQuery, Runs, RunState, StartRequest, WorkflowReference
from api.moments import past
from api.preferences import idempotency_key, wait_s
from api.problems import bad_request, unprocessable
from api.runs import store_away
from api.services import principal, services
from api.starts import Start
from api.views import diff_view, json_response, run_view, state_view, summary_view
from engine.state import FINAL
from infra.errors import Unreachable
from infra.read_models import InvalidCursor, RunFilter

#: Room for the members around the input.
ENVELOPE_BYTES = 4096
GREATEST_SEQ = 2**53
_REFERENCE = re.compile(r"([^/:\s]+)/([^/:\s]+)(?::(\S+))?")


async def start_run(request: Request) -> Response:
    """Start a run. With `Prefer: wait=SECONDS` the answer is 200 and has the output if the run ends in time, else 202.

    With `Idempotency-Key` the same key gives the same run: sending a request again starts nothing.
    """
    here = services(request)
    body = await model_body(request, here.payload_bytes + ENVELOPE_BYTES, StartRequest)
    wanted = reference_of(body.workflow)
    start = Start(
        namespace=wanted.namespace,
        name=wanted.name,
        version=wanted.version,
        input=body.input,
        by=principal(request).caller,
        key=idempotency_key(request.headers),
        wait_s=wait_s(request.headers),
    )
    began = time.monotonic()
    state = await here.starts.start(start)
    headers = {"Location": f"/api/v1/runs/{state.run_id}"}
    if start.wait_s:
        here.metrics.waited(time.monotonic() - began)
        headers["Preference-Applied"] = f"wait={start.wait_s:g}"
    return json_response(run_view(state), 200 if state.status in FINAL else 202, headers)


async def list_runs(request: Request, asked: Annotated[RunQuery, Query()]) -> Response:
    """List runs, newest first if not said otherwise. A list is a moment behind the log."""
    past(asked.as_of)
    wanted = RunFilter(
        statuses=tuple(asked.status),
        **asked.model_dump(exclude={"status", "sort", "limit", "cursor"}, exclude_none=True),
    )
    try:
        page = await services(request).store.page(wanted, asked.sort, asked.cursor, asked.limit)
    except InvalidCursor as error:
        raise bad_request(str(error)) from None
    except Unreachable as error:
        raise store_away(error) from None
    return json_response({"items": [summary_view(found) for found in page.runs], "next": page.next_cursor})


async def get_run(request: Request, run_id: str, at: Annotated[str | None, Query(max_length=100)] = None) -> Response:
    """Read a run: status, input, output or error, and what it waits for; as it stands, or as it stood at a moment."""
    here = services(request)
    return json_response(run_view(await (here.runs.state(run_id) if at is None else here.moments.state(run_id, at))))


async def get_run_state(
    request: Request,
    run_id: str,
    seq: Annotated[int | None, Query(ge=1, le=GREATEST_SEQ)] = None,
    at: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Read the folded state of a run, with every live task, scope and timer: as it is, or as it was at a moment.

    `at` is the number of an event, `offset:N`, or an instant; `seq` is the number of an event as well.
    """
    here = services(request)
    if at is not None:
        return json_response(state_view(await here.moments.state(run_id, at)))
    return json_response(
        state_view(await (here.runs.state(run_id) if seq is None else here.runs.state_at(run_id, seq)))
    )


async def get_run_diff(
    request: Request,
    run_id: str,
    before: Annotated[str, Query(alias="from", max_length=100)],
    after: Annotated[str | None, Query(alias="to", max_length=100)] = None,
) -> Response:
    """Compare the states of a run at two moments, the second being now if it is absent: every place that changed."""
    here = services(request)
    first = await here.moments.state(run_id, before)
    second = await (here.runs.state(run_id) if after is None else here.moments.state(run_id, after))
    return json_response(diff_view(first, second))


def reference_of(workflow: WorkflowReference | str) -> WorkflowReference:
    """Give the workflow that somebody names; 422 for a text that is no reference."""
    if isinstance(workflow, WorkflowReference):
        return workflow
    found = _REFERENCE.fullmatch(workflow)
    if found is None:
        problem = {"pointer": "/workflow", "message": "expected namespace/name or namespace/name:version"}
        raise unprocessable("invalid-request", "the body is not as expected; see `problems`", problems=[problem])
    return WorkflowReference(namespace=found[1], name=found[2], version=found[3])


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/runs",
        handler=start_run,
        access=Permission.START_RUNS,
        tag="runs",
        answer=Run,
        status=202,
        body=StartRequest,
    ),
    Endpoint(method="GET", path="/api/v1/runs", handler=list_runs, access=Permission.SEE_RUNS, tag="runs", answer=Runs),
    Endpoint(
        method="GET", path="/api/v1/runs/{run_id}", handler=get_run, access=Permission.SEE_RUNS, tag="runs", answer=Run
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{run_id}/state",
        handler=get_run_state,
        access=Permission.SEE_RUNS,
        tag="runs",
        answer=RunState,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{run_id}/diff",
        handler=get_run_diff,
        access=Permission.SEE_RUNS,
        tag="runs",
        answer=RunDiff,
    ),
)
