"""What the YAML and the JSON reader share: the result they fill and the way they give up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.errors import Problem
from language.places import Limits, Place


class Unreadable(Exception):
    """The text cannot be read any further. Stays inside this package: `read` turns it into `InvalidDefinition`."""

    def __init__(self, message: str, line: int, column: int, where: str = "") -> None:
        self.problem = Problem(pointer=where, message=message, line=line, column=column)
        super().__init__(message)


@dataclass(slots=True, kw_only=True)
class Reading:
    """Data read so far, with the place of each value."""

    limits: Limits
    value: Any = None
    positions: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def note(self, where: str, place: Place) -> None:
        """Remember where a value stands, and count it."""
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise Unreadable(
                f"the document holds more than {self.limits.nodes} values (aliases count as often as they are used): "
                "make it smaller",
                place.line,
                place.column,
                where,
            )
        self.positions[where] = place

    def refuse_deep(self, depth: int, where: str, place: Place) -> None:
        """Give up when mappings and lists are nested deeper than the limit."""
        if depth > self.limits.depth:
            raise Unreadable(
                f"mappings and lists are nested more than {self.limits.depth} levels deep: make it flatter",
                place.line,
                place.column,
                where,
            )

    def twice(self, key: str, where: str, place: Place) -> None:
        """Note a key that a mapping has already."""
        first = self.positions[where]
        self.problems.append(
            Problem(
                pointer=where,
                message=f'the key "{key}" is written twice; the first one is on line {first.key_line}: remove one',
                line=place.key_line,
                column=place.key_column,
                expected="each key once",
                found=f'"{key}" again',
            )
        )
