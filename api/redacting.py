"""Blacking out what must not leave with a bundle: fields with telling names, marked fields, and their values elsewhere.

A field is marked in the definition by its JSON Schema: `writeOnly: true` or `format: password`. What is found under
such a name, or under one like `password` or `apiKey`, is blacked out there, and as a value wherever else it turns up.
Texts in which nothing was found stay as they are, to the byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from api.events_json import JSON_FIELDS
from engine.events import Commit, Event

#: Fields that are looked into: those that hold JSON text, and the state a fork began with.
_JSON = JSON_FIELDS | {"state"}
BLACK = "[redacted]"
#: Shorter values turn up by chance; they are blacked out only under their names.
TELLING_CHARACTERS = 4
_SECRET = re.compile(
    r"pass(word|wd|phrase)?|secrets?|tokens?|api[-_]?key|authorization|cookies?|credentials?|private[-_]?key"
    r"|(access|refresh|id|auth|bearer)[-_]?token|client[-_]?secret|[a-z]+[-_](secret|password|token)",
    re.IGNORECASE,
)


def marked_fields(document: Any) -> frozenset[str]:
    """Give the names of the fields that schemas anywhere in a definition mark."""
    return frozenset(_marked(document))


class Redactor:
    """Knows what to black out of one run. `count` is how many values it did."""

    def __init__(self, marked: frozenset[str], commits: Sequence[Commit]) -> None:
        self._marked = marked
        self.count = 0
        found = {text for commit in commits for event in commit.events for text in self._secrets_of(event)}
        self._values = sorted((text for text in found if len(text) >= TELLING_CHARACTERS), key=len, reverse=True)

    def commit(self, commit: Commit) -> Commit:
        """Give a commit without what must not leave; the same one when nothing is in it."""
        events = tuple(map(self._event, commit.events))
        return commit if events == commit.events else replace(commit, events=events)

    def _event(self, event: Event) -> Event:
        changed: dict[str, Any] = {}
        for each in fields(event):
            value = getattr(event, each.name)
            if isinstance(value, str) and value and each.name != "path":
                text = self._text(each.name, value)
                if text != value:
                    changed[each.name] = text
        return replace(event, **changed) if changed else event

    def _text(self, name: str, text: str) -> str:
        data = _parsed(text) if name in _JSON else None
        if data is None:
            return self._without_values(text)
        clean = self._data(data)
        return text if clean == data else _compact(clean)

    def _data(self, data: Any) -> Any:
        match data:
            case dict():
                return {
                    name: self._black(item) if self._is_secret(name) else self._data(item)
                    for name, item in data.items()
                }
            case list():
                return [self._data(item) for item in data]
            case str():
                return self._inner(data)
            case _:
                return data

    def _inner(self, text: str) -> str:
        """Give a text inside of data clean: payloads in the state of a fork are JSON texts themselves."""
        data = _parsed(text) if text[:1] in ("{", "[") else None
        clean = None if data is None else self._data(data)
        return self._without_values(text) if clean == data else _compact(clean)

    def _black(self, value: Any) -> Any:
        if value in (None, "", BLACK):
            return value
        self.count += 1
        return BLACK

    def _without_values(self, text: str) -> str:
        for value in self._values:
            if value in text:
                self.count += text.count(value)
                text = text.replace(value, BLACK)
        return text

    def _is_secret(self, name: str) -> bool:
        return name in self._marked or _SECRET.fullmatch(name) is not None

    def _secrets_of(self, event: Event) -> Iterator[str]:
        for each in fields(event):
            value = getattr(event, each.name)
            if isinstance(value, str) and each.name in _JSON:
                yield from self._secrets_in(_parsed(value))

    def _secrets_in(self, data: Any) -> Iterator[str]:
        match data:
            case dict():
                for name, item in data.items():
                    yield from (_texts(item) if self._is_secret(name) else self._secrets_in(item))
            case list():
                for item in data:
                    yield from self._secrets_in(item)
            case str() if data[:1] in ("{", "["):
                yield from self._secrets_in(_parsed(data))
            case _:
                return


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _marked(part: Any) -> Iterator[str]:
    match part:
        case dict():
            properties = part.get("properties")
            for name, schema in properties.items() if isinstance(properties, dict) else ():
                if isinstance(schema, dict) and (schema.get("writeOnly") is True or schema.get("format") == "password"):
                    yield name
            for item in part.values():
                yield from _marked(item)
        case list():
            for item in part:
                yield from _marked(item)
        case _:
            return


def _texts(data: Any) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict() | list():
            for item in data.values() if isinstance(data, dict) else data:
                yield from _texts(item)
        case _:
            return


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
