"""The engine's dataclasses and the Avro schemas say the same, field for field."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

import pytest

from engine import commands
from schemas import registry
from schemas.codec import VALUES
from tests.unit.schemas.samples import EVENTS, ORDERS

#: Fields the reader fills from the record's place and timestamp: they are not in the value.
FROM_THE_RECORD = {(commands.Command, "at_ms"), (commands.Command, "offset")}
AVRO: dict[Any, str] = {str: "string", int: "long", bool: "boolean", bytes: "bytes"}


def expected_type(hint: Any) -> Any:
    if hint == commands.Order:
        return [kind.__name__ for kind in ORDERS]
    if typing.get_origin(hint) is tuple:
        return [kind.__name__ for kind in EVENTS]
    if typing.get_origin(hint) is types.UnionType:
        inner, nothing = typing.get_args(hint)
        assert nothing is type(None)
        return ["null", AVRO[inner]]
    return AVRO[hint]


def found_type(schema: Any) -> Any:
    match schema:
        case {"type": "array", "items": items}:
            return found_type(items)
        case [{"type": "record"}, *_]:
            return [branch["name"] for branch in schema]
        case _:
            return schema


def records() -> list[tuple[type, Any]]:
    values = [(kind, registry.current(name)) for name, kind in VALUES.items()]
    orders = next(field["type"] for field in registry.current("Command")["fields"] if field["name"] == "body")
    events = next(field["type"] for field in registry.current("Commit")["fields"] if field["name"] == "events")
    return [
        *values,
        *zip(ORDERS, orders, strict=True),
        *zip(EVENTS, events["items"], strict=True),
    ]


@pytest.mark.parametrize(("kind", "schema"), records(), ids=lambda part: getattr(part, "__name__", ""))
def test_a_schema_has_the_fields_of_its_dataclass_in_the_same_order_with_the_same_types(
    kind: type, schema: Any
) -> None:
    hints = typing.get_type_hints(kind)
    expected = [
        (field.name, expected_type(hints[field.name]))
        for field in dataclasses.fields(kind)
        if (kind, field.name) not in FROM_THE_RECORD
    ]
    assert [(field["name"], found_type(field["type"])) for field in schema["fields"]] == expected


@pytest.mark.parametrize(("kind", "schema"), records(), ids=lambda part: getattr(part, "__name__", ""))
def test_a_default_in_a_schema_is_the_default_of_the_dataclass(kind: type, schema: Any) -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    for field in schema["fields"]:
        if "default" in field:
            assert field["default"] == defaults[field["name"]], field["name"]


def test_the_unions_name_every_order_and_every_event() -> None:
    assert dict(records()).keys() == {*VALUES.values(), *ORDERS, *EVENTS}
