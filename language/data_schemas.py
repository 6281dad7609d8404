"""Checks the JSON Schemas that authors write for their data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from language.json_schema import pattern, strict
from language.places import Path
from language.problems import Findings
from language.sentences import sentences
from language.shape import DataSchema
from language.words import Suggestions, shortened

Fault = tuple[Path, str]
_META = strict(Draft202012Validator.META_SCHEMA)
#: Keywords whose values are data, not schemas.
_DATA = frozenset({"const", "enum", "default", "examples"})


def check_data_schemas(schemas: Iterable[DataSchema], findings: Findings) -> None:
    """Report what is wrong with the schemas of a document."""
    for path, schema in schemas:
        for inside, message in schema_faults(json.dumps(schema)):
            findings.at_value((*path, *inside), message)


@lru_cache(maxsize=1024)
def schema_faults(text: str) -> tuple[Fault, ...]:
    """Give what is wrong with a JSON Schema, given as JSON text: its form, its references and its patterns."""
    schema = json.loads(text)
    found = sentences(_META, schema, Suggestions(), "document")
    if found:
        return tuple((each.path, f"this is no JSON Schema: {each.message}") for each in found)
    return tuple(_inside(schema, (), schema))


def _inside(part: Any, path: Path, root: Any) -> Iterator[Fault]:
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _inside(item, (*path, index), root)
    if not isinstance(part, dict):
        return
    yield from _own(part, path, root)
    for key, value in part.items():
        if key not in _DATA or (path and path[-1] in ("properties", "$defs")):
            yield from _inside(value, (*path, key), root)


def _own(part: dict[str, Any], path: Path, root: Any) -> Iterator[Fault]:
    for key in ("$ref", "$dynamicRef"):
        if isinstance(part.get(key), str):
            yield from _reference(part[key], (*path, key), root)
    if isinstance(part.get("pattern"), str):
        yield from _pattern(part["pattern"], (*path, "pattern"))
    if isinstance(part.get("patternProperties"), dict):
        for source in part["patternProperties"]:
            yield from _pattern(source, (*path, "patternProperties", source))


def _reference(target: str, path: Path, root: Any) -> Iterator[Fault]:
    resolver = REGISTRY.resolver_with_root(DRAFT202012.create_resource(root))
    try:
        resolver.lookup(target)
    except Unresolvable:
        inside = (
            "is not in this schema" if target.startswith("#") else "lies outside of this schema, and nothing is fetched"
        )
        yield path, f'"$ref" leads to "{shortened(target)}", which {inside}; put it below $defs'


def _pattern(source: str, path: Path) -> Iterator[Fault]:
    try:
        pattern(source)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        yield (
            path,
            f'"{shortened(source)}" is no pattern that can be used: {reason} (no look-around or back references)',
        )
