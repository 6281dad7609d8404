"""Dead letters: what could not be worked on, newest first, and putting it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import no_body
from api.endpoints import Endpoint
from api.events_json import instant
from api.log_models import GREATEST_OFFSET, DeadLetters, Redriven
from api.problems import bad_request
from api.runs import store_away
from api.services import principal, services
from api.views import json_response
from infra.errors import Unreachable
from infra.read_models import DeadLetterRow, InvalidCursor

Place = Annotated[int, Path(ge=0, le=GREATEST_OFFSET)]


async def list_dead_letters(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """List dead letters, newest first: why, where the record came from, and whether it was put back."""
    try:
        found, following = await services(request).store.dead_letters(cursor, limit)
    except InvalidCursor as error:
        raise bad_request(str(error)) from None
    except Unreachable as error:
        raise store_away(error) from None
    return json_response({"items": [_view(row) for row in found], "next": following})


async def redrive_dead_letter(request: Request, partition: Place, offset: Place) -> Response:
    """Put the record of a dead letter on its topic again, with its key and headers; who did it is in the log."""
    await no_body(request)
    done = await services(request).redrive.again(partition, offset, principal(request).caller)
    return json_response(done)


def _view(row: DeadLetterRow) -> dict[str, object]:
    redriven = None if row.redriven_at is None else instant(round(row.redriven_at.timestamp() * 1000))
    return {**asdict(row), "at": instant(round(row.at.timestamp() * 1000)), "redriven_at": redriven}


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v1/dead-letters",
        handler=list_dead_letters,
        access=Permission.SEE_SYSTEM,
        tag="log",
        answer=DeadLetters,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/dead-letters/{partition}/{offset}/redrive",
        handler=redrive_dead_letter,
        access=Permission.CONTROL_RUNS,
        tag="log",
        answer=Redriven,
    ),
)
