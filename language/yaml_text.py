"""Reads YAML text from libyaml's events and keeps the place of every value.

Events and not PyYAML's own constructors, for three reasons: no tag can build an object, aliases are counted where they
are used (a few lines can otherwise stand for billions of values), and depth is bounded before anything recurses.
Scalars are resolved by YAML 1.2's core schema: `on`, `yes` and dates are text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from language.places import Limits, Place, escape
from language.reading import Reading, Unreadable
from language.scalars import TAGS, NotJson, resolve, tagged
from language.yaml_faults import unreadable

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"}


def read_yaml(text: str, limits: Limits) -> Reading:
    """Read one YAML document. Raises `Unreadable`."""
    builder = _Builder(limits)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise unreadable(error, text) from None
    if not builder.documents:
        raise Unreadable("the document is empty; it must be a mapping with the keys document and do", 1, 1)
    return builder.reading


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end was not seen yet. `key_at` is set between a key and its value."""

    value: Any
    where: str
    key: str | None = None
    key_at: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Builder:
    limits: Limits
    documents: int = 0
    reading: Reading = field(init=False)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reading = Reading(limits=self.limits)

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Unreadable('a second document starts here, after "---"; write one document per file', *_at(event))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and top.key is None and isinstance(top.value, dict):
            self.key(top, event)
            return
        where, place = self.next_place(event)
        self.put(where, place, self.scalar_value(event, where, place))
        if event.anchor:
            self.anchors[event.anchor] = (self.last_value(top), where)

    def last_value(self, top: _Open | None) -> Any:
        if top is None:
            return self.reading.value
        return top.value[-1] if isinstance(top.value, list) else next(reversed(top.value.values()))

    def key(self, top: _Open, event: yaml.ScalarEvent) -> None:
        if event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL"):
            raise Unreadable("a key is missing before the colon", *_at(event), top.where)
        top.key = event.value
        top.key_at = _at(event)

    def scalar_value(self, event: yaml.ScalarEvent, where: str, place: Place) -> Any:
        try:
            if event.tag in TAGS:
                return tagged(event.value, TAGS[event.tag], self.limits.number_digits)
            if event.tag and event.tag != "!":
                self.refuse_tag(event.tag, where, place)
            plain = event.implicit[0]
            return resolve(event.value, self.limits.number_digits) if plain else event.value
        except NotJson as error:
            raise Unreadable(str(error), place.line, place.column, where) from None

    def open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        where, place = self.next_place(event)
        self.reading.refuse_deep(len(self.stack) + 1, where, place)
        if event.tag and event.tag not in _COLLECTION_TAGS:
            self.refuse_tag(event.tag, where, place)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.put(where, place, value)
        self.stack.append(_Open(value, where))
        if event.anchor:
            self.anchors[event.anchor] = (value, where)

    def alias(self, event: yaml.AliasEvent) -> None:
        where, place = self.next_place(event)
        if event.anchor not in self.anchors:
            raise Unreadable(f'"*{event.anchor}" refers to an anchor that is not defined above it', *_at(event), where)
        value, source = self.anchors[event.anchor]
        if any(frame.where == source for frame in self.stack) and isinstance(value, dict | list):
            raise Unreadable(f'"*{event.anchor}" stands inside of what it refers to', *_at(event), where)
        self.put(where, place, self.copied(value, source, where, len(self.stack) + 1))

    def copied(self, value: Any, source: str, where: str, depth: int) -> Any:
        """Give a copy of an anchored value, each part of it counted and placed where the original stands."""
        if not isinstance(value, dict | list):
            return value
        self.reading.refuse_deep(depth, where, self.reading.positions[source])
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        parts: dict[Any, Any] = {}
        for key, part in entries:
            tail = f"/{escape(str(key))}"
            self.reading.note(where + tail, self.reading.positions[source + tail])
            parts[key] = self.copied(part, source + tail, where + tail, depth + 1)
        return parts if isinstance(value, dict) else list(parts.values())

    def next_place(self, event: yaml.NodeEvent) -> tuple[str, Place]:
        """Give pointer and place of the value that starts with this event."""
        line, column = _at(event)
        if not self.stack:
            return "", Place(line, column, line, column)
        top = self.stack[-1]
        if isinstance(top.value, list):
            return f"{top.where}/{len(top.value)}", Place(line, column, line, column)
        if top.key is None:
            raise Unreadable("a key must be plain text, not a mapping, a list or an alias", line, column, top.where)
        return f"{top.where}/{escape(top.key)}", Place(line, column, *top.key_at)

    def put(self, where: str, place: Place, value: Any) -> None:
        """Add a value to the mapping or list that is open."""
        if not self.stack:
            self.reading.value = value
        elif isinstance(self.stack[-1].value, list):
            self.stack[-1].value.append(value)
        else:
            self.put_entry(self.stack[-1], where, place, value)
        self.reading.note(where, place)

    def put_entry(self, top: _Open, where: str, place: Place, value: Any) -> None:
        key = top.key or ""
        if key in top.value:
            self.reading.twice(key, where, place)
            del top.value[key]
        top.value[key] = value
        top.key = None

    def refuse_tag(self, tag: str, where: str, place: Place) -> None:
        raise Unreadable(
            f'the tag "{tag}" is not allowed; only plain YAML (YAML 1.2 core) is', place.line, place.column, where
        )


def _at(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)
