"""Events from outside."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.bodies import bytes_body
from api.endpoints import Endpoint
from api.incoming import MEDIA_TYPES
from api.models import AcceptedEvents
from api.services import services
from api.views import json_response


async def publish_events(request: Request) -> Response:
    """Publish a CloudEvent (binary or structured mode) or a batch. Answers 202 when all of them are in the log.

    The same event may be sent again: whoever waits for it takes an event of one `source` and `id` once.
    """
    incoming = services(request).incoming
    events = incoming.events(request.headers, await bytes_body(request, incoming.body_bytes))
    await incoming.publish(events)
    accepted = [{name: event.data[name] for name in ("id", "source", "type")} for event in events]
    return json_response({"items": accepted}, 202)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/v1/events",
        handler=publish_events,
        access=Permission.SEND_EVENTS,
        tag="events",
        answer=AcceptedEvents,
        status=202,
        media_types=MEDIA_TYPES,
        takes_text=True,
    ),
)
