"""Validators for JSON Schemas that we did not write, which may be hostile.

Three guards stand between such a schema and a process that serves many runs:

- `pattern` runs on RE2, in time linear in the text. Look-around and back references do not exist there: a schema that
  uses them is refused when it is published.
- nothing is fetched: `$ref` finds what is in the schema itself, and the meta-schemas of JSON Schema.
- a validation may evaluate a bounded number of keywords, so that references that double at each step end it with a
  violation instead of never.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import re2  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.protocols import Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from language.patterns import pattern
from language.texts import is_expression

#: How many keywords one validation may evaluate: about two seconds of work.
MAX_STEPS = 200_000

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]
_steps: ContextVar[list[int]] = ContextVar("steps")


class TooManySteps(Exception):
    """The schema asks for more work than a validation may do."""


def errors(validator: Validator, value: Any, max_steps: int = MAX_STEPS) -> list[ValidationError]:
    """Give what is wrong with a value. Raises `TooManySteps`, and `RecursionError` for a schema without end."""
    token = _steps.set([max_steps])
    try:
        return list(validator.iter_errors(value))
    finally:
        _steps.reset(token)


def strict(schema: Any) -> Validator:
    """Give a validator for data."""
    validator: Validator = _Strict(schema, registry=REGISTRY)
    return validator


def accepting_expressions(schema: Any) -> Validator:
    """Give a validator for parts of a document: an expression in it fits any schema, as its value is not known yet."""
    validator: Validator = _Accepting(schema, registry=REGISTRY)
    return validator


def _matches(source: str, text: str) -> bool:
    try:
        return pattern(source).search(text) is not None
    except re2.error as error:
        raise TooManySteps(f"the pattern {source!r} cannot be used: {error}") from None


def _pattern(validator: Any, source: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    del validator, schema
    if isinstance(instance, str) and not _matches(source, instance):
        yield ValidationError(f"{instance!r} does not match {source!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, _: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for source, inside in patterns.items():
        for key, value in instance.items():
            if _matches(source, key):
                yield from validator.descend(value, inside, path=key, schema_path=source)


def _additional_properties(validator: Any, inside: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extras = [key for key in instance if key not in known and not any(_matches(source, key) for source in patterns)]
    if isinstance(inside, dict):
        for key in extras:
            yield from validator.descend(instance[key], inside, path=key)
    elif not inside and extras:
        error = ValidationError(f"unexpected {extras!r}")
        error.params = {"extras": extras}  # type: ignore[attr-defined]
        yield error


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: FBT001
    """Compare in linear time: the library compares each item with each other one when they cannot be sorted."""
    del validator, schema
    if wanted and isinstance(instance, list):
        texts = [json.dumps(_normal(item), sort_keys=True) for item in instance]
        if len(set(texts)) < len(texts):
            yield ValidationError("has items that are equal")


def _normal(value: Any) -> Any:
    """Write numbers that are equal in the same way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return {key: _normal(item) for key, item in value.items()} if isinstance(value, dict) else value


def _counted(keyword: Keyword) -> Keyword:
    def evaluate(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError] | None:
        left = _steps.get()
        left[0] -= 1
        if left[0] < 0:
            raise TooManySteps("its schema asks for too many steps; make the schema simpler or the data smaller")
        return keyword(validator, rule, instance, schema)

    return evaluate


def _open_to_expressions(keyword: Keyword) -> Keyword:
    def evaluate(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError] | None:
        if isinstance(instance, str) and is_expression(instance):
            return None
        return keyword(validator, rule, instance, schema)

    return evaluate


def _any_of_if_unknown(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError] | None:
    """`oneOf`, where two branches may fit as long as expressions hide what the values are."""
    name = "anyOf" if holds_expression(instance) else "oneOf"
    found: Iterator[ValidationError] | None = Draft202012Validator.VALIDATORS[name](validator, rule, instance, schema)
    return found


def _unless_unknown(name: str) -> Keyword:
    keyword: Keyword = Draft202012Validator.VALIDATORS[name]

    def evaluate(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError] | None:
        return None if holds_expression(instance) else keyword(validator, rule, instance, schema)

    return evaluate


def holds_expression(value: Any) -> bool:
    """Whether there is an expression anywhere in the value."""
    if isinstance(value, str):
        return is_expression(value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(holds_expression(part) for part in parts)


_SAFE: dict[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}
_UNSURE: dict[str, Keyword] = {
    "oneOf": _any_of_if_unknown,
    **{name: _unless_unknown(name) for name in ("not", "if", "contains", "uniqueItems")},
}
_ALL: dict[str, Keyword] = {**Draft202012Validator.VALIDATORS, **_SAFE}
_extend: Any = validators.extend
_Strict: Any = _extend(Draft202012Validator, {name: _counted(keyword) for name, keyword in _ALL.items()})
_Accepting: Any = _extend(
    Draft202012Validator,
    {name: _counted(_open_to_expressions(keyword)) for name, keyword in {**_ALL, **_UNSURE}.items()},
)
