"""Records of any topic as JSON: decoded by their schema, payloads as values, and what cannot be read as it is."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from api.events_json import JSON_FIELDS, events_of, instant, json_value
from engine.commands import Command
from engine.events import Commit
from infra.log_pages import TopicRecord
from schemas.codec import MalformedRecord, decode
from schemas.records import DeadLetter

#: Bytes that cannot be read are shown up to here.
SHOWN_BYTES = 64 * 1024
#: Fields that hold a whole JSON text.
_JSON_TEXTS = JSON_FIELDS | {"document"}


class Decoded(NamedTuple):
    """What a record holds. `kind` is the name of its schema, `CloudEvent`, `JSON`, `tombstone` or `unreadable`."""

    kind: str
    content: Any
    #: Types it can be asked for by, besides its kind: of its events, its order, or the CloudEvent.
    types: frozenset[str] = frozenset()


def record_view(record: TopicRecord, *, only_type: str | None = None) -> dict[str, Any] | None:
    """Give a record as JSON; `None` when it is not, and holds nothing, of the type `only_type`."""
    found = decoded(record.value)
    content = found.content
    if only_type is not None and only_type != found.kind:
        if only_type not in found.types:
            return None
        if found.kind == "Commit":
            content = {**content, "events": [event for event in content["events"] if event["type"] == only_type]}
    return {
        "partition": record.partition,
        "offset": record.offset,
        "at": instant(max(0, record.at_ms)),
        "key": text_of(record.key),
        "bytes": len(record.value or b""),
        "headers": {name: text_of(value) for name, value in record.headers},
        "kind": found.kind,
        "record": content,
    }


def decoded(value: bytes | None) -> Decoded:
    """Give what the value of a record holds."""
    if value is None:
        return Decoded("tombstone", None)
    if value[:1] in (b"{", b"["):
        return _json_record(value)
    try:
        found = decode(value)
    except MalformedRecord as error:
        return _unreadable(error.reason, value)
    match found:
        case Commit():
            return Decoded("Commit", _commit(found), frozenset(type(event).__name__ for event in found.events))
        case Command():
            order = type(found.body).__name__
            content = {**plain(found), "body": {"type": order, **plain(found.body)}}
            return Decoded("Command", content, frozenset([order]))
        case DeadLetter():
            return Decoded("DeadLetter", _dead_letter(found))
        case _:
            return Decoded(type(found).__name__, plain(found))


def text_of(data: bytes | None) -> str | None:
    """Give bytes as text, whatever they are."""
    return None if data is None else data.decode("utf-8", "replace")


def plain(found: Any) -> dict[str, Any]:
    """Give a dataclass as JSON data; texts that hold JSON become values."""
    return {each.name: _plain_value(each.name, getattr(found, each.name)) for each in fields(found)}


def _json_record(value: bytes) -> Decoded:
    """Give a record that is JSON text. It comes from outside: what is wrong with it is said, not raised."""
    try:
        text = value.decode()
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return _unreadable(f"expected JSON, found: {error}", value)
    if not isinstance(data, dict) or "specversion" not in data:
        return Decoded("JSON", json_value(text))
    return Decoded("CloudEvent", json_value(text), frozenset([str(data.get("type"))]))


def _unreadable(reason: str, value: bytes) -> Decoded:
    shown = base64.b64encode(value[:SHOWN_BYTES]).decode()
    return Decoded("unreadable", {"reason": reason, "base64": shown, "is_cut": len(value) > SHOWN_BYTES})


def _commit(found: Commit) -> dict[str, Any]:
    return {
        "run": found.run_id,
        "command_id": found.command_id,
        "command_offset": found.command_offset,
        "actor": found.actor,
        "parent": found.parent.hex(),
        "seq": found.seq,
        "events": [event for _, event in events_of(found)],
    }


def _dead_letter(found: DeadLetter) -> dict[str, Any]:
    inner = decoded(found.record_value)
    return {
        **{name: getattr(found, name) for name in ("stage", "reason", "topic", "partition", "offset")},
        "at": instant(max(0, found.at_ms)),
        "key": text_of(found.record_key),
        "kind": inner.kind,
        "record": inner.content,
    }


def _plain_value(name: str, value: Any) -> Any:
    match value:
        case bytes():
            return text_of(value) if value.isascii() else base64.b64encode(value).decode()
        case str() if name in _JSON_TEXTS and _is_json_text(value):
            return json_value(value)
        case tuple() | list():
            return [_plain_value("", item) for item in value]
        case _ if is_dataclass(value):
            return {"type": type(value).__name__, **plain(value)}
        case _:
            return value


def _is_json_text(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that JSON knows")
