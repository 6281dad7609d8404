"""The log itself: records of every topic by place, instant, run and type, as pages and live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.auth import Permission
from api.endpoints import Endpoint
from api.log_models import LogPage, LogRequest
from api.log_pages import LogPages
from api.log_places import LogQuery, Position
from api.problems import Problem
from api.services import Services, services
from api.views import json_response


async def read_log(request: Request, asked: Annotated[LogRequest, Query()]) -> Response:
    """Read records of a topic, oldest first. `next` is the `position` of the next page, null at the end.

    An offset, partition or position that is not in the log is a 422 (`outside-the-log`) with the valid range.
    """
    return json_response(await services(request).log_pages.page(_query(asked)))


async def stream_log(request: Request, asked: Annotated[LogRequest, Query()]) -> Response:
    """Follow a topic: each record as a server-sent event whose id is the position behind it, for ever.

    Begins at `Last-Event-ID`, else where the query says, else at the end of the log.
    """
    here = services(request)
    last = request.headers.get("last-event-id")
    wanted = _query(asked if last is None else asked.model_copy(update={"position": last}))
    position = await here.log_pages.position(wanted)
    return StreamingResponse(
        _stream(here, wanted, position), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _stream(here: Services, wanted: LogQuery, position: Position) -> AsyncIterator[bytes]:
    here.metrics.streams += 1
    pages: LogPages = here.log_pages
    try:
        yield b"retry: 1000\n\n"
        async with aclosing(pages.stream(wanted, position)) as records:
            async for place, record in records:
                if record is None:
                    yield b": nothing new\n\n"
                else:
                    yield b"id: %b\ndata: %b\n\n" % (place.encode(), orjson.dumps(record))
    except Problem as problem:
        yield b"event: problem\ndata: %b\n\n" % orjson.dumps(problem.document("/api/v1/log"))
    finally:
        here.metrics.streams -= 1


def _query(asked: LogRequest) -> LogQuery:
    return LogQuery(**asked.model_dump())


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/log",
        handler=read_log,
        access=Permission.SEE_SYSTEM,
        tag="log",
        answer=LogPage,
    ),
    Endpoint(method="GET", path="/api/v1/log/stream", handler=stream_log, access=Permission.SEE_SYSTEM, tag="log"),
)
