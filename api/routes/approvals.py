"""The inbox and what people do in it. A refused act is 403, 404, 409 or 422, with the reason of the rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api import approval_models as m
from api.approval_views import place_of
from api.approvals import Act
from api.auth import Permission
from api.bodies import json_text, model_body, no_body
from api.endpoints import Endpoint, Handler
from api.models import Request as Body
from api.services import principal, services
from api.views import json_response

SMALL_BYTES = 32 * 1024


async def list_approvals(request: Request, asked: Annotated[m.ApprovalQuery, Query()]) -> Response:
    """List what people are asked, newest first if not said otherwise. A list is a moment behind the log."""
    return json_response(await services(request).approvals.page(asked, principal(request).name))


async def get_approval(request: Request, approval: str) -> Response:
    """Read an approval with all that is shown: text has no HTML, tables have columns, diffs have lines."""
    found = await services(request).approvals.get(place_of(approval), principal(request).name)
    return json_response(found)


async def claim_approval(request: Request, approval: str) -> Response:
    """Take it on: with a quorum of one nobody else can decide until you release it."""
    await no_body(request)
    return await _act(request, approval, Act(act="claim"))


async def release_approval(request: Request, approval: str) -> Response:
    """Give back what you claimed."""
    await no_body(request)
    return await _act(request, approval, Act(act="release"))


async def delegate_approval(request: Request, approval: str) -> Response:
    """Let somebody else be asked in your place."""
    body = await model_body(request, SMALL_BYTES, m.DelegateRequest)
    return await _act(request, approval, Act(act="delegate", to=body.to, comment=body.comment))


async def comment_approval(request: Request, approval: str) -> Response:
    """Say something without deciding."""
    body = await model_body(request, SMALL_BYTES, m.SayRequest)
    return await _act(request, approval, Act(act="comment", comment=body.comment))


async def request_changes(request: Request, approval: str) -> Response:
    """Decide that something has to change first."""
    body = await model_body(request, services(request).payload_bytes + SMALL_BYTES, m.ChangesRequest)
    data = json_text(body.data)
    return await _act(
        request, approval, Act(act="request_changes", data=data, comment=body.comment, digest=body.digest)
    )


async def withdraw_approval(request: Request, approval: str) -> Response:
    """Take the question back. For whoever started the run, and for operators."""
    body = await model_body(request, SMALL_BYTES, m.SayRequest)
    await services(request).approvals.check_may_withdraw(place_of(approval), principal(request))
    return await _act(request, approval, Act(act="withdraw", comment=body.comment))


async def decide_approval(request: Request, approval: str) -> Response:
    """Decide. Form data that do not fit are a 422 with the field; a decision that comes late is a 409 that says who."""
    body = await model_body(request, services(request).payload_bytes + SMALL_BYTES, m.DecideRequest)
    data = json_text(body.data)
    return await _act(request, approval, Act(act=body.decision, data=data, comment=body.comment, digest=body.digest))


async def _act(request: Request, approval: str, act: Act) -> Response:
    here, who, place = services(request), principal(request), place_of(approval)
    await here.runs.state(place[0])
    commit = await here.approvals.act(place, who.caller, act)
    if commit is None:
        return json_response({"id": approval, "status": "accepted"}, 202)
    return json_response(await here.approvals.get(place, who.name))


def _post(name: str, handler: Handler, body: type[Body] | None = None) -> Endpoint:
    return Endpoint(
        method="POST",
        path=f"/api/v1/approvals/{{approval}}/{name}",
        handler=handler,
        access=Permission.DECIDE,
        tag="approvals",
        answer=m.Approval,
        body=body,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/approvals",
        handler=list_approvals,
        access=Permission.SEE_RUNS,
        tag="approvals",
        answer=m.Approvals,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/approvals/{approval}",
        handler=get_approval,
        access=Permission.SEE_RUNS,
        tag="approvals",
        answer=m.Approval,
    ),
    _post("claim", claim_approval),
    _post("release", release_approval),
    _post("delegate", delegate_approval, m.DelegateRequest),
    _post("comment", comment_approval, m.SayRequest),
    _post("request-changes", request_changes, m.ChangesRequest),
    _post("withdraw", withdraw_approval, m.SayRequest),
    _post("decide", decide_approval, m.DecideRequest),
)
