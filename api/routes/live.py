"""The one stream that a browser keeps open, whatever its tabs show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth import Permission
from api.endpoints import Endpoint
from api.following_many import FollowingMany
from api.problems import bad_request
from api.services import Services, services

MOST_RUNS = 50
#: Digits that any event's number has at most.
SEQ_DIGITS = 15


async def stream_live(
    request: Request, run: Annotated[list[str] | None, Query(max_length=MOST_RUNS)] = None
) -> Response:
    """Follow several runs on one stream of server-sent events; each `run` is `ID:SEQ`, SEQ the last event you have.

    Kinds: `ready` first; `event` as in the stream of a run; `ended` with the run, after which it is not followed any
    more; `left` with a `problem` when it cannot be followed; `changed` with the ids of any runs that changed, and
    `more` when there were too many to name.
    """
    here = services(request)
    following = FollowingMany(runs=here.runs, live=here.live, positions=dict(map(_position, run or [])))
    return StreamingResponse(
        _counted(here, following), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _counted(here: Services, following: FollowingMany) -> AsyncIterator[bytes]:
    here.metrics.streams += 1
    try:
        async for message in following.messages():
            yield message
    finally:
        here.metrics.streams -= 1


def _position(text: str) -> tuple[str, int]:
    run_id, _, seq = text.partition(":")
    if not run_id or not (seq.isascii() and seq.isdigit() and len(seq) <= SEQ_DIGITS):
        raise bad_request(f"expected `run` as ID:SEQ, found {text[:100]!r}")
    return run_id, int(seq)


ENDPOINTS = (Endpoint(method="GET", path="/api/v1/live", handler=stream_live, access=Permission.SEE_RUNS, tag="runs"),)
