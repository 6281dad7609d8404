"""CloudEvents 1.0 in their JSON format: read from Kafka records and HTTP requests, checked, and written.

In structured mode the value is the event. In binary mode headers are its attributes, and the value is its data.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
#: Headers of a record that holds an event in structured mode.
HEADERS = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)

_REQUIRED = ("id", "source", "type")
_TEXTS = (*_REQUIRED, "subject", "time", "dataschema", "datacontenttype")
_NAME = re.compile(r"[a-z0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_JSON_TYPE = re.compile(r"(application/json|text/json|[^;]+\+json)\s*(;.*)?", re.IGNORECASE)
_INT_MAX = 2**31


class NotACloudEvent(ValueError):
    """What was sent is no CloudEvent. `problems` are sentences."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An event as data, and as JSON text."""

    data: dict[str, Any]
    text: str

    @property
    def event_type(self) -> str:
        """Its type: the key of its record."""
        return str(self.data["type"])


def checked(event: Any, text: str | None = None) -> CloudEvent:
    """Give an event in JSON format if it is one. Raises `NotACloudEvent` with everything that is wrong."""
    if not isinstance(event, dict):
        raise NotACloudEvent([f"expected an object, found {type(event).__name__}"])
    problems = [*_missing(event), *_wrong_attributes(event), *_wrong_data(event)]
    if problems:
        raise NotACloudEvent(problems)
    return CloudEvent(event, text if text is not None else text_of(event))


def from_record(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> CloudEvent:
    """Give the event of a Kafka record, in either mode. Raises `NotACloudEvent`."""
    found = {name.lower(): (content or b"").decode("utf-8", "replace") for name, content in headers}
    if "ce_specversion" in found:
        attributes = {name[3:]: content for name, content in found.items() if name.startswith("ce_")}
        return from_attributes(attributes, found.get("content-type"), value)
    if not value:
        raise NotACloudEvent(["expected an event, found a record without a value and without ce_ headers"])
    return from_text(value)


def from_text(value: bytes) -> CloudEvent:
    """Give the event of JSON text in UTF-8. Raises `NotACloudEvent`."""
    try:
        text = value.decode()
        event = json.loads(text, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise NotACloudEvent([f"expected UTF-8, found byte {error.start}"]) from None
    except RecursionError:
        raise NotACloudEvent(["it is nested too deep"]) from None
    except ValueError as error:
        raise NotACloudEvent([f"expected JSON, or ce_ headers; found: {error}"]) from None
    return checked(event, text)


def from_attributes(attributes: Mapping[str, str], content_type: str | None, body: bytes | None) -> CloudEvent:
    """Give the event of binary mode: `attributes` by name, and the data. Raises `NotACloudEvent`."""
    event: dict[str, Any] = dict(attributes)
    if content_type:
        event["datacontenttype"] = content_type
    if body:
        event |= _data_of(content_type or "application/json", body)
    return checked(event)


def text_of(event: Mapping[str, Any]) -> str:
    """Give an event as JSON text."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def _data_of(content_type: str, body: bytes) -> dict[str, Any]:
    try:
        if _JSON_TYPE.fullmatch(content_type):
            return {"data": json.loads(body, parse_constant=_refuse)}
        if content_type.lower().startswith("text/"):
            return {"data": body.decode()}
    except RecursionError:
        raise NotACloudEvent(["its data is nested too deep"]) from None
    except ValueError as error:
        raise NotACloudEvent([f"expected data of the type {content_type}, found: {error}"]) from None
    return {"data_base64": base64.b64encode(body).decode()}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number that JSON knows")


def _missing(event: Mapping[str, Any]) -> Iterable[str]:
    if event.get("specversion") != "1.0":
        yield f"specversion: expected '1.0', found {event.get('specversion')!r:.80}"
    for name in _REQUIRED:
        if not event.get(name):
            yield f"{name}: expected a text that is not empty, found {event.get(name)!r:.80}"


def _wrong_attributes(event: Mapping[str, Any]) -> Iterable[str]:
    for name, value in event.items():
        if name in ("data", "data_base64"):
            continue
        if not _NAME.fullmatch(name):
            yield f"{name!r:.80}: expected a name of lower-case letters and digits"
        elif name in _TEXTS and not isinstance(value, str):
            yield f"{name}: expected a text, found {type(value).__name__}"
        elif isinstance(value, str) and (control := _CONTROL.search(value)):
            yield f"{name}: expected no control characters, found {control.group()!r}"
        elif not _is_attribute(value):
            yield f"{name}: expected a text, true, false or a whole number of 32 bits, found {value!r:.80}"
    if isinstance(time := event.get("time"), str) and not _is_instant(time):
        yield f"time: expected an instant such as 2026-01-31T12:00:00Z, found {time!r:.80}"


def _wrong_data(event: Mapping[str, Any]) -> Iterable[str]:
    if "data_base64" not in event:
        return
    if "data" in event:
        yield "data: expected data or data_base64, found both"
    try:
        base64.b64decode(event["data_base64"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        yield f"data_base64: expected Base64, found: {error}"


def _is_attribute(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -_INT_MAX <= value < _INT_MAX
    return isinstance(value, str | bool)


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00")).tzinfo is not None
    except ValueError:
        return False
