"""Orders to runs. A refused order is a 409 with the engine's reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import as_model, json_text, model_body, parse_json, text_body
from api.endpoints import Endpoint, Handler
from api.models import ReasonRequest, RetryRequest, Run, SkipRequest
from api.models import Request as Body
from api.problems import Problem
from api.runs import Runs, folded, new_run
from api.services import principal, services
from api.views import json_response, run_view
from engine.commands import CancelRun, Order, ResumeRun, RetryTask, SkipTask, SuspendRun

SMALL_BYTES = 16 * 1024


async def cancel_run(request: Request, run_id: str) -> Response:
    """Stop a run for good."""
    return await _order(request, run_id, CancelRun(reason=await _reason(request)))


async def suspend_run(request: Request, run_id: str) -> Response:
    """Let nothing new start in a run until it is resumed."""
    return await _order(request, run_id, SuspendRun(reason=await _reason(request)))


async def resume_run(request: Request, run_id: str) -> Response:
    """Go on with a suspended run."""
    await _reason(request)
    return await _order(request, run_id, ResumeRun())


async def retry_task(request: Request, run_id: str) -> Response:
    """Run the task that faulted the run again."""
    body = await model_body(request, SMALL_BYTES, RetryRequest)
    return await _order(request, run_id, RetryTask(path=body.path))


async def skip_task(request: Request, run_id: str) -> Response:
    """Take `output` as the raw output of a faulted or waiting task, and go on."""
    body = await model_body(request, services(request).payload_bytes + SMALL_BYTES, SkipRequest)
    return await _order(request, run_id, SkipTask(path=body.path, output=json_text(body.output)))


async def _reason(request: Request) -> str:
    """Give the reason of a body, which may be absent."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return ""
    text = await text_body(request, SMALL_BYTES, ("application/json",))
    return as_model(parse_json(text), ReasonRequest).reason


async def _order(request: Request, run_id: str, order: Order) -> Response:
    here = services(request)
    new_run(run_id)
    await _check_exists(here.runs, run_id)
    commit = await here.commands.order(run_id, order, principal(request).caller)
    state = await here.runs.state(run_id)
    if commit is None:
        return json_response(run_view(state), 202, {"Location": f"/api/v1/runs/{run_id}"})
    return json_response(run_view(folded(state, [commit])))


async def _check_exists(runs: Runs, run_id: str) -> None:
    """Raise a 404 problem for a run that is known not to exist; without Postgres the orchestrator has to say it."""
    try:
        await runs.state(run_id)
    except Problem as problem:
        if problem.status != 503:
            raise


def _endpoint(path: str, handler: Handler, body: type[Body]) -> Endpoint:
    return Endpoint(
        method="POST",
        path=f"/api/v1/runs/{{run_id}}/{path}",
        handler=handler,
        access=Permission.CONTROL_RUNS,
        tag="control",
        answer=Run,
        body=body,
    )


ENDPOINTS = (
    _endpoint("cancel", cancel_run, ReasonRequest),
    _endpoint("suspend", suspend_run, ReasonRequest),
    _endpoint("resume", resume_run, ReasonRequest),
    _endpoint("tasks/retry", retry_task, RetryRequest),
    _endpoint("tasks/skip", skip_task, SkipRequest),
)
