"""One-time links and what channels send: open to everybody, since what they hold is signed. Opening decides nothing."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from api.approvals import Act
from api.auth import Caller
from api.bodies import bytes_body, json_text, parse_json, text_body
from api.decision_page import STYLE, data_of, notice_page, question_page
from api.endpoints import PUBLIC, Endpoint
from api.problems import Problem, forbidden, not_found, unprocessable
from api.services import services
from api.views import json_response
from nodes.channels.base import NotForUs, Received
from nodes.channels.registry import channels
from nodes.links import Link, LinkRefused, unseal

FORM_BYTES = 256 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
WORDS = {"approve", "reject", "request_changes"}
DONE = {"approve": "You approved it.", "reject": "You rejected it.", "request_changes": "You asked for changes."}


async def open_link(request: Request, token: str) -> Response:
    """Show what is asked. A link that is used, expired or foreign leads to a page that says so."""
    try:
        link = _link(request, token)
    except LinkRefused as error:
        return _refused(error)
    try:
        view = await services(request).approvals.get((link.run, link.approval), link.person)
    except Problem as problem:
        return notice_page("This cannot be shown now", problem.detail, problem.status)
    return _over(view, link) or question_page(view, link.person)


async def answer_link(request: Request, token: str) -> Response:
    """Decide: from the page's form, or as JSON `{decision, data, comment}` from a program that got a call-back."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        return await _called_back(request, token)
    try:
        link = _link(request, token)
    except LinkRefused as error:
        return _refused(error)
    given = parse_qs(await text_body(request, FORM_BYTES, (FORM_TYPE,)), keep_blank_values=True)
    try:
        view = await services(request).approvals.get((link.run, link.approval), link.person)
    except Problem as problem:
        return notice_page("This cannot be decided now", problem.detail, problem.status)
    if (over := _over(view, link)) is not None:
        return over
    return await _decided(request, link, view, given)


async def _decided(request: Request, link: Link, view: dict[str, Any], given: dict[str, list[str]]) -> Response:
    act = given.get("act", [""])[0]
    if act not in WORDS:
        return question_page(view, link.person, ["Choose one of the buttons."], 422)
    try:
        data = json_text(data_of(view["form"], given)) if act == "approve" else "null"
    except ValueError as error:
        return question_page(view, link.person, [f"The data is no JSON: {error}"], 422)
    comment, digest = given.get("comment", [""])[0], given.get("digest", [""])[0]
    order = Act(act=act, data=data, comment=comment, digest=digest, channel=link.channel)
    try:
        await _act(request, link, order)
    except Problem as problem:
        listed = [f"{each['pointer']}: {each['message']}" for each in problem.extra.get("problems", [])]
        return question_page(view, link.person, listed or [problem.detail], problem.status)
    return notice_page("Thank you", DONE[act])


async def _called_back(request: Request, token: str) -> Response:
    try:
        link = _link(request, token)
    except LinkRefused as error:
        raise (
            Problem(status=410, kind="link-expired", detail=str(error)) if error.is_expired else not_found(str(error))
        ) from None
    body = parse_json(await text_body(request, FORM_BYTES, ("application/json",)))
    act = body.get("decision") if isinstance(body, dict) else None
    if act not in WORDS:
        raise unprocessable("invalid-request", f"expected `decision`: one of {', '.join(sorted(WORDS))}")
    comment = body.get("comment", "")
    if not isinstance(comment, str):
        raise unprocessable("invalid-request", "expected `comment` as text")
    data = json_text(body.get("data"))
    await _act(request, link, Act(act=act, data=data, comment=comment, channel=link.channel))
    return json_response({"decision": act, "by": link.person})


async def channel_request(request: Request, channel: str) -> Response:
    """Take what a channel sends, such as a pressed button. The channel checks the signature."""
    here = services(request)
    known = channels().types.get(channel)
    received = getattr(known, "received", None)
    if received is None:
        raise not_found(f"there is no channel {channel[:100]} that takes requests")
    headers = {name.lower(): value for name, value in request.headers.items()}
    raw = await bytes_body(request, FORM_BYTES)
    try:
        answer = received(Received(headers=headers, body=raw, now_s=time.time()), here.desk)
    except NotForUs as error:
        raise forbidden(str(error)) from None
    act = Act(act=answer.act, data=answer.data, comment=answer.comment, channel=channel)
    try:
        await here.approvals.act((answer.run_id, answer.approval_id), _caller(request, answer.by, channel), act)
    except Problem as problem:
        # The channel shows this to whoever pressed the button; a status of an error would only say that it failed.
        return json_response({"response_type": "ephemeral", "replace_original": False, "text": problem.detail})
    return json_response({})


async def page_style() -> Response:
    """Send the look of the page."""
    return Response(STYLE, media_type="text/css")


def _link(request: Request, token: str) -> Link:
    link = unseal(token, services(request).desk.key, time.time())
    if not link.person:
        raise LinkRefused("this link is not for a person")
    return link


def _refused(error: LinkRefused) -> Response:
    if error.is_expired:
        return notice_page("This link has expired", "Ask whoever sent it, or open the inbox.", 410)
    return notice_page("This link is not good here", "It was not made here, or was changed on its way.", 404)


def _over(view: dict[str, Any], link: Link) -> Response | None:
    """Give the page for an approval that has ended, or that this person has answered."""
    if view["status"] != "open":
        who = f" by {view['decided_by']}" if view.get("decided_by") else ""
        text = f"{view['title']}: {view['status'].replace('_', ' ')}{who} at {view['decided_at']}."
        return notice_page("This is decided already", text, 410)
    mine = [vote for vote in view["decisions"] if vote["by"] == link.person]
    if mine:
        return notice_page("You have decided already", f"{mine[0]['decision']} at {mine[0]['at']}.", 410)
    return None


async def _act(request: Request, link: Link, act: Act) -> None:
    by = _caller(request, link.person, link.channel)
    await services(request).approvals.act((link.run, link.approval), by, act)


def _caller(request: Request, person: str, channel: str) -> Caller:
    address = request.client.host if request.client else ""
    return Caller(actor=f"user:{person}", origin=f"{channel}:{address}")


def _public(method: str, path: str, handler: Any) -> Endpoint:
    return Endpoint(
        method=method, path=path, handler=handler, access=PUBLIC, tag="channels", hidden=path.endswith("css")
    )


ENDPOINTS = (
    _public("GET", "/decide.css", page_style),
    _public("GET", "/decide/{token}", open_link),
    _public("POST", "/decide/{token}", answer_link),
    _public("POST", "/api/v1/channels/{channel}", channel_request),
)
