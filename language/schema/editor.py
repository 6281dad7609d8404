"""The schema of the language for editors: with the arguments of every registered node type."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from language.catalog import Catalog
from language.schema import DSL_SCHEMA
from language.schema.build import EXPRESSION, ref
from language.schema.calls import ARGUMENTS
from language.schema.tasks import call

Schema = dict[str, Any]
_NAMED = ("properties", "patternProperties")
_ONE = ("additionalProperties", "items", "contains", "unevaluatedProperties", "unevaluatedItems")
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")


def language_schema(catalog: Catalog) -> Schema:
    """Give the JSON Schema of the language and of the `with` of every registered node type.

    The standard's own functions keep the arguments that the standard gives them.
    """
    schema = copy.deepcopy(DSL_SCHEMA)
    definitions = schema["$defs"]
    names = sorted(name for name in catalog.names() if name not in ARGUMENTS)
    for name in names:
        definitions.update(_definitions(name, catalog.with_schema(name)))
        definitions["task"]["oneOf"].append(ref(f"{name}Call"))
    definitions["functionCall"]["properties"]["call"]["not"]["enum"].extend(names)
    return schema


def _definitions(name: str, arguments: Mapping[str, Any] | None) -> Iterator[tuple[str, Schema]]:
    """Give the definition of a call of a node type, and the definitions that its arguments refer to."""
    prefix = f"{name}Call."
    given = _moved(dict(arguments or {"type": "object"}), prefix)
    own = given.pop("$defs", {})
    description = given.get("description", f"Calls the node type {name}.")
    required = ("call", "with") if given.get("required") else ("call",)
    yield f"{name}Call", call(name, description, _open(given), required)
    for key, definition in own.items():
        yield prefix + key, _open(definition)


def _moved(part: Any, prefix: str) -> Any:
    """Give a copy whose references lead to where its definitions are going to be."""
    if isinstance(part, list):
        return [_moved(item, prefix) for item in part]
    if not isinstance(part, dict):
        return part
    start = "#/$defs/"
    return {
        key: start + prefix + value.removeprefix(start)
        if key == "$ref" and isinstance(value, str) and value.startswith(start)
        else _moved(value, prefix)
        for key, value in part.items()
    }


def _open(schema: Any) -> Any:
    """Let every value below a schema also be an expression."""
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for key in _NAMED:
        if key in found:
            found[key] = {name: _or_expression(_open(value)) for name, value in found[key].items()}
    for key in _ONE:
        if key in found:
            found[key] = _or_expression(_open(found[key]))
    for key in _MANY:
        if key in found:
            found[key] = [_open(value) for value in found[key]]
    if "oneOf" in found:
        # An expression may fit several branches.
        found["anyOf"] = found.pop("oneOf")
    return found


def _or_expression(schema: Any) -> Any:
    if not isinstance(schema, dict) or not schema:
        return schema
    inner = dict(schema)
    about = {key: inner.pop(key) for key in ("description", "title", "default") if key in inner}
    return {**about, "anyOf": [{"$ref": EXPRESSION}, inner]}
