"""CloudEvents over HTTP, in binary, structured and batch mode, onto the topic of CloudEvents."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from api.bodies import check_depth, json_text, parse_json
from api.ports import Outbox
from api.problems import Problem, bad_request, too_large, unavailable, unprocessable
from infra.errors import Unreachable
from schemas import cloudevents
from schemas.cloudevents import CloudEvent, NotACloudEvent

#: Events of one batch.
BATCH_MAX = 1000
#: How much larger than one event a batch may be.
BATCH_BYTES_FACTOR = 8

MEDIA_TYPES = (cloudevents.STRUCTURED, cloudevents.BATCH)
_ATTRIBUTE = re.compile(r"ce-([a-z0-9]+)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The way in for events from outside."""

    outbox: Outbox
    topic: str
    event_bytes: int

    @property
    def body_bytes(self) -> int:
        """The largest body there may be."""
        return self.event_bytes * BATCH_BYTES_FACTOR

    def events(self, headers: Mapping[str, str], body: bytes) -> list[CloudEvent]:
        """Give the events of a request. Raises problems: 400, 413, 415, 422 with everything that is wrong."""
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if "ce-specversion" in headers:
            found = [self._binary(headers, body)]
        elif media_type == cloudevents.STRUCTURED:
            text = _text(body)
            found = [_checked(parse_json(text), "")]
        elif media_type == cloudevents.BATCH:
            found = _batch(parse_json(_text(body)))
        else:
            raise _wrong_type(media_type)
        for event in found:
            if len(event.text.encode()) > self.event_bytes:
                raise too_large(self.event_bytes, f"the event {event.data['id']!r:.80}")
        return found

    async def publish(self, events: Sequence[CloudEvent]) -> None:
        """Put events into the log, all at once. Raises a 503 problem when that is not known to have happened."""
        try:
            sent = [
                self.outbox.send(self.topic, event.event_type.encode(), event.text.encode(), cloudevents.HEADERS)
                for event in events
            ]
            await asyncio.gather(*sent)
        except Unreachable:
            detail = "Kafka did not confirm every event: send them again, with the same ids; that is harmless"
            raise unavailable(detail) from None

    def _binary(self, headers: Mapping[str, str], body: bytes) -> CloudEvent:
        attributes = {
            match[1]: _value(value) for name, value in headers.items() if (match := _ATTRIBUTE.fullmatch(name))
        }
        try:
            found = cloudevents.from_attributes(attributes, headers.get("content-type"), body)
        except NotACloudEvent as problem:
            raise _invalid(problem, "") from None
        check_depth(found.data)
        return CloudEvent(found.data, json_text(found.data))


def _batch(data: Any) -> list[CloudEvent]:
    if not isinstance(data, list):
        raise bad_request(f"expected an array of events, found {type(data).__name__}")
    if len(data) > BATCH_MAX:
        raise unprocessable("invalid-event", f"expected at most {BATCH_MAX} events, found {len(data)}")
    found: list[CloudEvent] = []
    problems: list[dict[str, str]] = []
    for number, event in enumerate(data):
        try:
            found.append(cloudevents.checked(event, json_text(event)))
        except NotACloudEvent as problem:
            problems += _listed(problem, f"/{number}")
    if problems:
        raise _problems(problems)
    return found


def _checked(data: Any, pointer: str) -> CloudEvent:
    try:
        return cloudevents.checked(data, json_text(data))
    except NotACloudEvent as problem:
        raise _invalid(problem, pointer) from None


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise bad_request(f"the body is not UTF-8: byte {error.start} cannot be read") from None


def _value(header: str) -> str:
    """Give the attribute of a header: without quotes and percent-encoding, as the HTTP binding has it."""
    quoted = len(header) > 1 and header[0] == header[-1] == '"'
    return unquote(_ESCAPED.sub(r"\1", header[1:-1]) if quoted else header)


def _listed(problem: NotACloudEvent, pointer: str) -> list[dict[str, str]]:
    return [{"pointer": pointer, "message": message} for message in problem.problems]


def _invalid(problem: NotACloudEvent, pointer: str) -> Problem:
    return _problems(_listed(problem, pointer))


def _problems(problems: list[dict[str, str]]) -> Problem:
    return unprocessable("invalid-event", "what was sent is no CloudEvent; see `problems`", problems=problems)


def _wrong_type(media_type: str) -> Problem:
    detail = (
        f"expected ce- headers, or a Content-Type of {' or '.join(MEDIA_TYPES)}, found {media_type[:100] or 'none'}"
    )
    return Problem(status=415, kind="wrong-type", detail=detail, headers={"Accept": ", ".join(MEDIA_TYPES)})
