"""The keywords of JSON Schema (draft 2020-12): what each takes, and where schemas stand in it.

The library can judge a schema by the meta-schema, at a millisecond for a small one; a document may hold a thousand.
This does the same at a fiftieth of that, and says it in an author's words. Tests hold both to the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from language.places import Path
from language.words import label, shown

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_types(value: Any) -> bool:
    if isinstance(value, str):
        return value in _TYPES
    return _are_texts(value) and bool(value) and all(each in _TYPES for each in value)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _are_named_schemas(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_schema, value.values()))


_SCHEMA = (_is_schema, "a schema, that is a mapping, true or false")
_SCHEMAS = (_are_schemas, "a list of at least one schema")
_NAMED = (_are_named_schemas, "a mapping of schemas")
_COUNT = (_is_count, "a whole number that is not negative")
_NUMBER = (_is_number, "a number")
_TEXT = (_is_text, "text")
_FLAG = (lambda value: isinstance(value, bool), "true or false")
_LIST = (lambda value: isinstance(value, list), "a list")

_Rule = tuple[Callable[[Any], bool], str]
_ONE = ("additionalProperties", "unevaluatedProperties", "propertyNames", "items", "unevaluatedItems", "contains")
_RULES: dict[str, _Rule] = {
    **dict.fromkeys((*_ONE, "not", "if", "then", "else", "contentSchema"), _SCHEMA),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMAS),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"), _NAMED),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"), _COUNT),
    **dict.fromkeys(("minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("title", "description", "format", "pattern", "$ref", "$dynamicRef", "$comment"), _TEXT),
    **dict.fromkeys(("contentMediaType", "contentEncoding", "$id", "$schema", "$anchor", "$dynamicAnchor"), _TEXT),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), _FLAG),
    **dict.fromkeys(("enum", "examples"), _LIST),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "required": (_are_texts, "a list of texts, each once"),
    "type": (_are_types, f"one of {', '.join(_TYPES)}, or a list of some of them"),
    "dependentRequired": (
        lambda value: isinstance(value, dict) and all(map(_are_texts, value.values())),
        "a mapping of lists of texts",
    ),
}


def keyword_faults(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """Say what is wrong with the keywords of one schema, not with the schemas inside of it."""
    for keyword, value in schema.items():
        fits, wish = _RULES.get(keyword, (None, ""))
        if fits is not None and not fits(value):
            at = (*path, keyword)
            yield at, f"this is no JSON Schema: {label(at)} must be {wish}, not {shown(value)}"


def schemas_in(schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the schemas directly inside of a schema, and their paths."""
    for keyword, value in schema.items():
        rule = _RULES.get(keyword)
        if rule is _SCHEMA and isinstance(value, dict):
            yield (*path, keyword), value
        elif rule is _SCHEMAS and isinstance(value, list):
            yield from (((*path, keyword, index), each) for index, each in enumerate(value) if isinstance(each, dict))
        elif rule is _NAMED and isinstance(value, dict):
            yield from (((*path, keyword, name), each) for name, each in value.items() if isinstance(each, dict))
