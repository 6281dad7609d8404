"""Checks the JSON Schemas that authors write for their data: their form, their references and their patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import re2  # type: ignore[import-untyped]
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from language.patterns import pattern
from language.places import Path
from language.problems import Findings
from language.schema_keywords import keyword_faults, schemas_in
from language.shape import DataSchema
from language.words import shortened

Fault = tuple[Path, str]


def check_data_schemas(schemas: Iterable[DataSchema], findings: Findings) -> None:
    """Report what is wrong with the schemas of a document."""
    for path, schema in schemas:
        for inside, message in schema_faults(schema):
            findings.at_value((*path, *inside), message)


def schema_faults(schema: Any) -> Iterator[Fault]:
    """Say what is wrong with a JSON Schema, and with every schema inside of it."""
    leads_somewhere = _lookup(schema)
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, dict):
            yield from keyword_faults(part, path)
            yield from _reference_faults(part, path, leads_somewhere)
            yield from _pattern_faults(part, path)
            waiting.extend(schemas_in(part, path))


def _reference_faults(part: dict[str, Any], path: Path, leads_somewhere: Callable[[str], bool]) -> Iterator[Fault]:
    for key in ("$ref", "$dynamicRef"):
        target = part.get(key)
        if isinstance(target, str) and not leads_somewhere(target):
            outside = "lies outside of this schema, and nothing is fetched"
            reason = "is not in this schema" if target.startswith("#") else outside
            yield (*path, key), f'"{key}" leads to "{shortened(target)}", which {reason}; put it below $defs'


#: How the library stumbles over what is no schema; that is told elsewhere.
_STUMBLES = (Unresolvable, ValueError, TypeError, AttributeError, KeyError)


def _lookup(root: Any) -> Callable[[str], bool]:
    """Give a function that says whether a reference in a schema leads to something."""

    @cache
    def resolver() -> Any:
        resource = DRAFT202012.create_resource(root)
        uri = resource.id() or ""
        return REGISTRY.with_resource(uri, resource).crawl().resolver(uri)

    def leads_somewhere(target: str) -> bool:
        try:
            resolver().lookup(target)
        except _STUMBLES:
            return False
        return True

    return leads_somewhere


def _pattern_faults(part: dict[str, Any], path: Path) -> Iterator[Fault]:
    named = part.get("patternProperties")
    sources = [((*path, "patternProperties", source), source) for source in named] if isinstance(named, dict) else []
    if isinstance(part.get("pattern"), str):
        sources.append(((*path, "pattern"), part["pattern"]))
    for at, source in sources:
        try:
            pattern(source)
        except re2.error as error:
            reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
            rule = "no look-around or back references"
            yield at, f'"{shortened(source)}" is no pattern that can be used: {reason} ({rule})'
