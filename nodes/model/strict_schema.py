"""Whether a JSON Schema keeps the rules under which a service promises that answers fit it exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def is_strict(schema: Any) -> bool:
    """Tell whether every object in the schema is closed, with all of its properties required."""
    return isinstance(schema, dict) and schema.get("type") == "object" and all(map(_is_closed, _objects(schema)))


def _is_closed(schema: dict[str, Any]) -> bool:
    names = schema.get("properties", {})
    return schema.get("additionalProperties") is False and set(names) == set(schema.get("required", []))


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    match schema:
        case dict():
            if schema.get("type") == "object" or "properties" in schema:
                yield schema
            parts = [schema.get("items"), *schema.get("anyOf", [])]
            parts += [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
            for part in parts:
                yield from _objects(part)
        case _:
            return
