"""Records with a value in every field, made from the dataclasses."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from engine import commands, events
from schemas.codec import VALUES

ORDERS: tuple[type, ...] = typing.get_args(commands.Order)
EVENTS: tuple[type, ...] = typing.get_args(events.Event)

#: Values at the edges of the encoding: one byte, two bytes, more; other scripts; the ends of a long.
STRINGS = ["", "a", "x" * 63, "y" * 64, "z" * 70_000, "Größe 数 🦉", '{"a": [1, 2]}']
LONGS = [0, 1, -1, 63, 64, -64, -65, 1_700_000_000_000, 2**63 - 1, -(2**63)]


def full(kind: type, number: int = 0) -> Any:
    """Give a record of `kind` with every field set; `number` picks the values."""
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: value_of(hints[field.name], number) for field in dataclasses.fields(kind)})


def bare(kind: type) -> Any:
    """Give a record of `kind` whose optional fields are left out."""
    hints = typing.get_type_hints(kind)
    needed = [field for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
    return kind(**{field.name: value_of(hints[field.name], 1) for field in needed})


def value_of(hint: Any, number: int) -> Any:
    """Give a value of the type `hint`."""
    if hint == commands.Order:
        return full(ORDERS[number % len(ORDERS)], number)
    if typing.get_origin(hint) is tuple:
        return tuple(full(kind, number) for kind in EVENTS)
    if typing.get_origin(hint) is types.UnionType:
        return None if number % 2 else value_of(typing.get_args(hint)[0], number)
    by_type: dict[type, Any] = {
        str: STRINGS[number % len(STRINGS)],
        int: LONGS[number % len(LONGS)],
        bytes: bytes(range(number % 256)),
        bool: bool(number % 2),
    }
    return by_type[hint]


def every_record() -> list[Any]:
    """Give records of every kind there is on a topic, with every order and every event among them."""
    return [
        *(full(kind, number) for kind in VALUES.values() for number in range(12)),
        *(
            commands.Command(run_id="r", command_id="c", actor="user:me", body=body)
            for order in ORDERS
            for body in (full(order), full(order, 1), bare(order))
        ),
        *(commit(full(event), full(event, 1), bare(event)) for event in EVENTS),
    ]


def commit(*happened: Any) -> events.Commit:
    """Give a commit of these events."""
    return events.Commit(
        run_id="0190f5f0-aaaa-7bbb-8ccc-ddddeeeeffff",
        command_id="c-1",
        command_offset=41,
        actor="user:me",
        at_ms=1_700_000_000_000,
        parent=b"p" * 16,
        seq=7,
        events=happened,
    )
