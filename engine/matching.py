"""Whether a CloudEvent fits a filter, as an open subscription says it.

`filters` of `SubscriptionOpened` is a JSON array with one object for each filter of a `listen` or `schedule.on`:

- `attributes`: values that attributes of the event must have; `type` among them decides where the event is looked for;
- `patterns`: texts that attributes must have or, as regular expressions, match as a whole;
- `conditions`: programs, by attribute, that must give true, or the attribute's value;
- `correlate`: by key, a program (`from`) that gives the key's value, and the value to `expect`, if it is known.

The run is the judge of what it takes: it knows more, such as the keys that earlier events fixed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

#: Stands for the types of a subscription that takes events of any type.
ANY_TYPE = "*"

#: Gives the result of a program on JSON text. May raise `ExpressionFailed` and `EvaluateOutside`.
Evaluate = Callable[[str, str], str]

#: Tells whether a regular expression matches a whole text.
Matches = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter of a subscription."""

    attributes: Mapping[str, Any]
    patterns: Mapping[str, str]
    conditions: Mapping[str, str]
    #: `{from, expect?}` by key.
    correlate: Mapping[str, Mapping[str, Any]]

    @property
    def event_type(self) -> str:
        """The type of the events it takes, `ANY_TYPE` when it does not say."""
        wanted = self.attributes.get("type")
        return wanted if isinstance(wanted, str) else ANY_TYPE


@lru_cache(maxsize=4096)
def filters_of(text: str) -> tuple[Filter, ...]:
    """Give the filters of a subscription."""
    return tuple(
        Filter(
            attributes=part.get("attributes", {}),
            patterns=part.get("patterns", {}),
            conditions=part.get("conditions", {}),
            correlate=part.get("correlate", {}),
        )
        for part in json.loads(text)
    )


@lru_cache(maxsize=4096)
def types_of(text: str) -> tuple[str, ...]:
    """Give the event types a subscription has to be found by: `ANY_TYPE` alone when one of its filters says none."""
    types = {wanted.event_type for wanted in filters_of(text)} or {ANY_TYPE}
    return (ANY_TYPE,) if ANY_TYPE in types else tuple(sorted(types))


def has_attributes(wanted: Filter, event: Mapping[str, Any]) -> bool:
    """Tell whether the attributes of the event are those the filter wants."""
    return all(same(event.get(name), value) for name, value in wanted.attributes.items())


def has_patterns(patterns: Iterable[tuple[str, str]], event: Mapping[str, Any], matches: Matches) -> bool:
    """Tell whether each attribute is the text that is wanted, or matches it as a regular expression."""
    return all(
        isinstance(found := event.get(name), str) and (found == text or matches(text, found)) for name, text in patterns
    )


def keys_of(wanted: Filter, event: Mapping[str, Any], evaluate: Evaluate, matches: Matches) -> dict[str, Any] | None:
    """Give the values of the correlation keys of an event that fits, `None` for one that does not.

    Raises what `evaluate` raises.
    """
    if not has_attributes(wanted, event) or not has_patterns(wanted.patterns.items(), event, matches):
        return None
    if not all(_holds(name, source, event, evaluate) for name, source in wanted.conditions.items()):
        return None
    found: dict[str, Any] = {}
    for key, rule in wanted.correlate.items():
        value = json.loads(evaluate(rule["from"], seen_by(rule["from"], event)))
        if value is None or ("expect" in rule and not same(value, rule["expect"])):
            return None
        found[key] = value
    return found


def seen_by(source: str, event: Mapping[str, Any]) -> str:
    """Give what a correlation's `from` sees: the event's data, or the event where the program names `data`."""
    return _text(event if ".data" in source else event.get("data"))


def same(one: object, other: object) -> bool:
    """Tell whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return value_text(one) == value_text(other)


def value_text(value: object) -> str:
    """Give a JSON value as text, the same for equal values."""
    return json.dumps(_canonical(value), separators=(",", ":"), sort_keys=True)


def _canonical(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_canonical(item) for item in value]
        case dict():
            return {name: _canonical(item) for name, item in value.items()}
        case _:
            return value


def event_key(event: Mapping[str, Any]) -> str:
    """Give the digest of what makes an event one of its kind: its source and id."""
    return blake2b(f"{event.get('source')}\n{event.get('id')}".encode(), digest_size=8).hexdigest()


def _holds(name: str, source: str, event: Mapping[str, Any], evaluate: Evaluate) -> bool:
    result = evaluate(source, _text(event.get(name)) if name == "data" else "null")
    if result in ("true", "false", "null"):
        return result == "true"
    return same(json.loads(result), event.get(name))


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
