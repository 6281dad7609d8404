"""Finding the subscriptions of one event type that an event fits, without asking each of them.

Filters that look at the same things have one shape: the same attributes, conditions and correlations. They differ in
the values they want. So an event is looked at once for each shape, and what it has there leads to those who want that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.errors import EvaluateOutside, ExpressionFailed
from engine.matching import Filter, filters_of, has_patterns, same, seen_by, value_text
from engine.messages import OpenSubscription
from engine.ports import Evaluator
from schemas.cloudevents import CloudEvent


class Shape(NamedTuple):
    """What a filter looks at: attributes, patterns and conditions of them, correlations with a value, and without."""

    attributes: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[str, str], ...]
    expected: tuple[str, ...]
    fixed_later: tuple[str, ...]


class Place(NamedTuple):
    """A filter of a subscription: key of the subscription's record, and number of the filter."""

    key: bytes
    number: int


@dataclass(slots=True)
class Look:
    """One event while it is looked at. Each program is evaluated once."""

    event: CloudEvent
    evaluator: Evaluator
    _results: dict[tuple[str, bool], str | None] = field(default_factory=dict)

    def correlation(self, source: str) -> str | None:
        """Give what a correlation's program gives, `None` when only the run can tell. Raises `ExpressionFailed`."""
        return self._evaluate(source, seen_by(source, self.event.data), (source, False))

    def holds(self, name: str, source: str) -> bool | None:
        """Tell whether a condition holds, `None` when only the run can tell. Raises `ExpressionFailed`."""
        if name != "data":
            return None
        data = json.dumps(self.event.data.get("data"), separators=(",", ":"), ensure_ascii=False)
        result = self._evaluate(source, data, (source, True))
        if result in (None, "true", "false", "null"):
            return None if result is None else result == "true"
        return same(json.loads(result), self.event.data.get("data"))

    def _evaluate(self, source: str, data: str, place: tuple[str, bool]) -> str | None:
        if place not in self._results:
            try:
                self._results[place] = self.evaluator.evaluate(source, data, _unknown)
            except EvaluateOutside:
                self._results[place] = None
        return self._results[place]


def _unknown(name: str) -> str:
    raise EvaluateOutside(f"${name} is known to the run alone")


@dataclass(slots=True)
class Index:
    """The subscriptions that wait for one event type, or for any."""

    #: By shape, then by the values that are wanted.
    _shapes: dict[Shape, dict[str, dict[Place, OpenSubscription]]] = field(default_factory=dict)

    def add(self, key: bytes, found: OpenSubscription) -> None:
        """Add a subscription."""
        for number, wanted in enumerate(filters_of(found.filters)):
            values = self._shapes.setdefault(_shape(wanted), {})
            values.setdefault(_wanted(wanted), {})[Place(key, number)] = found

    def remove(self, key: bytes, found: OpenSubscription) -> None:
        """Remove a subscription."""
        for number, wanted in enumerate(filters_of(found.filters)):
            shape, wants = _shape(wanted), _wanted(wanted)
            values = self._shapes.get(shape, {})
            places = values.get(wants, {})
            places.pop(Place(key, number), None)
            if not places:
                values.pop(wants, None)
            if not values:
                self._shapes.pop(shape, None)

    def matches(self, look: Look) -> dict[bytes, tuple[OpenSubscription, list[tuple[int, bool]]]]:
        """Give the subscriptions the event may be for: by key, with each filter it may fit, and whether it does."""
        found: dict[bytes, tuple[OpenSubscription, list[tuple[int, bool]]]] = {}
        for shape, values in self._shapes.items():
            for place, subscription, is_certain in _of_shape(shape, values, look):
                found.setdefault(place.key, (subscription, []))[1].append((place.number, is_certain))
        return found

    def __bool__(self) -> bool:
        return bool(self._shapes)


def chosen(filters: list[tuple[int, bool]]) -> Iterator[int]:
    """Yield the filters to deliver an event for: the first it fits, and before it those only the run can judge."""
    for number, is_certain in sorted(filters):
        yield number
        if is_certain:
            return


def _of_shape(
    shape: Shape, values: Mapping[str, dict[Place, OpenSubscription]], look: Look
) -> Iterator[tuple[Place, OpenSubscription, bool]]:
    event = look.event.data
    if not has_patterns(shape.patterns, event, look.evaluator.matches):
        return
    try:
        holding = [look.holds(*condition) for condition in shape.conditions]
        given = [look.correlation(source) for source in (*shape.expected, *shape.fixed_later)]
    except ExpressionFailed:
        return
    if False in holding or "null" in given:
        return
    has = [event.get(name) for name in shape.attributes]
    known = given[: len(shape.expected)]
    if None in known:
        # What only the run can evaluate leaves everybody who wants the same attributes.
        for wants, places in values.items():
            if same(json.loads(wants)[: len(has)], has):
                yield from ((place, found, False) for place, found in places.items())
        return
    exact = value_text([*has, *(json.loads(text) for text in known if text is not None)])
    is_certain = None not in holding and None not in given
    for place, found in values.get(exact, {}).items():
        yield place, found, is_certain


def _shape(wanted: Filter) -> Shape:
    rules = [wanted.correlate[key] for key in sorted(wanted.correlate)]
    return Shape(
        attributes=tuple(sorted(wanted.attributes)),
        patterns=tuple(sorted(wanted.patterns.items())),
        conditions=tuple(sorted(wanted.conditions.items())),
        expected=tuple(rule["from"] for rule in rules if "expect" in rule),
        fixed_later=tuple(rule["from"] for rule in rules if "expect" not in rule),
    )


def _wanted(wanted: Filter) -> str:
    rules = [wanted.correlate[key] for key in sorted(wanted.correlate)]
    attributes = [wanted.attributes[name] for name in sorted(wanted.attributes)]
    return value_text([*attributes, *(rule["expect"] for rule in rules if "expect" in rule)])
