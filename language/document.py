"""From text to a document: plain JSON data, and where each piece of it stands in the text.

YAML is read as YAML 1.2 with the core schema, JSON as JSON. What breaks the syntax raises `InvalidDefinition` at once;
what can be read around (a key written twice, a tag of somebody's own) is kept in `Document.problems`, so that a check
reports it together with everything else.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InvalidDefinition, Problem
from language.json_text import read_json
from language.places import NOWHERE, Limits, Path, Place
from language.reading import Reading, Unreadable
from language.yaml_text import read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text that could be read. `positions` has an entry for each JSON Pointer in `data`; the root's is ""."""

    data: dict[str, Any]
    positions: Mapping[str, Place]
    #: As it was read, without a byte order mark.
    text: str = ""
    problems: tuple[Problem, ...] = ()

    def at(self, path: Path) -> Any:
        """Give the value at a path."""
        value: Any = self.data
        for key in path:
            value = value[key]
        return value

    def place(self, where: str) -> Place:
        """Give the place of a JSON Pointer, or of its nearest ancestor that is in the text."""
        while where not in self.positions and where:
            where = where.rpartition("/")[0]
        return self.positions.get(where, NOWHERE)


def read(text: str, limits: Limits | None = None) -> Document:
    """Read one YAML or JSON document.

    Raises `InvalidDefinition` when the text is no YAML or JSON, is no mapping, or is larger than the limits.
    """
    limits = limits or Limits()
    text = text.removeprefix("\ufeff")
    try:
        _refuse_large(text, limits)
        reading = _read_either(text, limits)
    except Unreadable as unreadable:
        raise InvalidDefinition([unreadable.problem]) from None
    if not isinstance(reading.value, dict):
        raise InvalidDefinition([_not_a_mapping(reading.value)])
    return Document(data=reading.value, positions=reading.positions, text=text, problems=tuple(reading.problems))


def plain(document: Document) -> dict[str, Any]:
    """Give a copy of the document's data that holds only JSON types and shares nothing with it."""
    return copy.deepcopy(document.data)


def _read_either(text: str, limits: Limits) -> Reading:
    if not text.lstrip().startswith("{"):
        return read_yaml(text, limits)
    try:
        return read_json(text, limits)
    except Unreadable as as_json:
        try:
            return read_yaml(text, limits)
        except Unreadable as as_yaml:
            raise (as_json if text.lstrip()[1:].lstrip()[:1] == '"' else as_yaml) from None


def _refuse_large(text: str, limits: Limits) -> None:
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise Unreadable("the text holds half of a surrogate pair; save it as UTF-8", line, 1) from None
    if size_bytes > limits.text_bytes:
        raise Unreadable(
            f"the document is {size_bytes} bytes long; the limit is {limits.text_bytes}: split it into workflows "
            "that call each other with `run: workflow`",
            1,
            1,
        )


def _not_a_mapping(value: Any) -> Problem:
    found = "nothing" if value is None else "a list" if isinstance(value, list) else "a single value"
    return Problem(
        pointer="",
        message=f"the document is {found}; it must be a mapping with the keys document and do",
        line=1,
        column=1,
        expected="a mapping",
        found=found,
    )
