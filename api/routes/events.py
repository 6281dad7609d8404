"""A run's history, as pages and as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Annotated

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth import Permission
from api.endpoints import Endpoint
from api.events_json import events_of
from api.follow import Following
from api.models import Events
from api.problems import Problem, bad_request
from api.services import Services, services
from api.views import json_response, run_view
from engine.events import Commit
from engine.state import FINAL, RunState


async def list_events(
    request: Request,
    run_id: str,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> Response:
    """Read the history of a run: its events with a number above `after`, oldest first."""
    here = services(request)
    await here.runs.state(run_id)
    commits = await here.runs.commits(run_id, after + 1, limit)
    events = [event for commit in commits for seq, event in events_of(commit) if seq > after]
    is_more = len(events) > limit or (len(commits) == limit and bool(events))
    page = events[:limit]
    return json_response({"items": page, "next": page[-1]["seq"] if is_more else None})


async def stream_events(request: Request, run_id: str, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Follow a run: every event with a number above `Last-Event-ID` (or `after`) as a server-sent event, until the end.

    The last message is of the kind `end` and has the run. A stream that is already at the end answers 204.
    """
    here = services(request)
    position = _position(request.headers.get("last-event-id"), after)
    state = await here.runs.state(run_id)
    if state.status in FINAL and position >= state.seq:
        return Response(status_code=204)
    following = Following(runs=here.runs, live=here.live, run_id=run_id, seq=position)
    return StreamingResponse(
        _stream(here, following, state), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _stream(here: Services, following: Following, state: RunState) -> AsyncIterator[bytes]:
    here.metrics.streams += 1
    after = following.seq
    try:
        yield b"retry: 1000\n\n"
        async for commits in following.batches(state):
            yield _messages(commits, after) or b": nothing new\n\n"
        final = await here.runs.find(following.run_id)
        if final is not None and final.status in FINAL:
            yield b"event: end\ndata: %b\n\n" % orjson.dumps(run_view(final))
    except Problem as problem:
        yield b"event: problem\ndata: %b\n\n" % orjson.dumps(problem.document(f"/api/v1/runs/{following.run_id}"))
    finally:
        here.metrics.streams -= 1


def _messages(commits: Iterable[Commit], after: int) -> bytes:
    events = (numbered for commit in commits for numbered in events_of(commit))
    return b"".join(b"id: %d\ndata: %b\n\n" % (seq, orjson.dumps(event)) for seq, event in events if seq > after)


def _position(last_event_id: str | None, after: int) -> int:
    if last_event_id is None:
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit()):
        raise bad_request("expected the number of an event as Last-Event-ID")
    return int(last_event_id[:18])


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/runs/{run_id}/events",
        handler=list_events,
        access=Permission.SEE_RUNS,
        tag="runs",
        answer=Events,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{run_id}/events/stream",
        handler=stream_events,
        access=Permission.SEE_RUNS,
        tag="runs",
    ),
)
