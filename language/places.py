"""Where things stand in the author's text, and the problems found on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import Problem

#: A path into a document: keys of mappings and indexes of lists, from the root.
Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Line and column, from 1, of a value and of the key that leads to it (the value itself, for an item of a list)."""

    line: int
    column: int
    key_line: int
    key_column: int


NOWHERE = Place(0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is accepted at most as one document."""

    text_bytes: int = 1024 * 1024
    depth: int = 100
    nodes: int = 100_000
    number_digits: int = 400


def escape(key: str) -> str:
    """Give one reference token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def pointer(path: Iterable[str | int]) -> str:
    """Give the JSON Pointer of a path."""
    return "".join(f"/{escape(str(part))}" for part in path)


def at_value(place: Place, where: str, message: str, *, expected: str = "", found: str = "") -> Problem:
    """Give a problem that points at a value."""
    return Problem(pointer=where, message=message, line=place.line, column=place.column, expected=expected, found=found)


def at_key(place: Place, where: str, message: str, *, expected: str = "", found: str = "") -> Problem:
    """Give a problem that points at the key of a value."""
    return Problem(
        pointer=where, message=message, line=place.key_line, column=place.key_column, expected=expected, found=found
    )
