"""Every schema by name and by id: `schema("Commit")`, `schema_with_id(2)`, `schema_text(2)`.

The id of a schema is part of every record on Kafka (Confluent wire format), so `ids.json` gives ids out for ever.
A schema is written as small files, one for each record; its text for others has all of them in place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RELEASED = FOLDER / "released"
IDS = FOLDER / "ids.json"
PARTS = ("orders", "events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One version of the schema of a topic's values."""

    name: str
    id: int
    #: The schema as plain JSON data, every record written out where it is first used.
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """The schema as JSON text, as another program reads it."""
        return text_of(self.data)


def names() -> list[str]:
    """Give the names of all schemas of values, in the order of their first ids."""
    return list(ids())


def ids() -> dict[str, list[int]]:
    """Give the ids of all released versions of each schema, oldest first."""
    return {name: [int(number) for number in versions] for name, versions in fingerprints().items()}


@cache
def fingerprints() -> dict[str, dict[str, str]]:
    """Give, for each schema and each of its ids, the fingerprint of its released text."""
    found: dict[str, dict[str, str]] = json.loads(IDS.read_text(encoding="utf-8"))
    return found


@cache
def schema(name: str) -> Schema:
    """Give the newest version of the schema `name`, the one that records are written with."""
    return Schema(name=name, id=ids()[name][-1], data=current(name))


@cache
def schema_with_id(number: int) -> Schema:
    """Give the released schema with this id. Raises `KeyError` if there is none."""
    for name, released in ids().items():
        if number in released:
            return Schema(name=name, id=number, data=released_data(name, number))
    raise KeyError(number)


def schema_text(number: int) -> str:
    """Give the JSON text of the released schema with this id. Raises `KeyError` if there is none."""
    return schema_with_id(number).text


def current(name: str) -> dict[str, Any]:
    """Give the schema `name` as its files say now, every record written out where it is first used."""
    data: dict[str, Any] = _written_out(_read(FOLDER / "values" / f"{name}.avsc"), set())
    return data


def released_data(name: str, number: int) -> dict[str, Any]:
    """Give the schema as it was released under this id."""
    return _read(released_path(name, number))


def released_path(name: str, number: int) -> Path:
    """Give the file that holds the schema as it was released under this id."""
    return RELEASED / name / f"{number}.avsc"


def text_of(data: dict[str, Any]) -> str:
    """Give schema data as the JSON text that is released, indented and ending with a new line."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _written_out(part: Any, seen: set[str]) -> Any:
    match part:
        case str() if part not in seen and (path := _part_path(part)):
            seen.add(part)
            return _written_out(_read(path), seen)
        case list():
            return [_written_out(branch, seen) for branch in part]
        case dict():
            inner = {key: _written_out(part[key], seen) for key in ("type", "items", "fields") if key in part}
            return {**part, **inner}
        case _:
            return part


def _part_path(name: str) -> Path | None:
    return next((path for folder in PARTS if (path := FOLDER / folder / f"{name}.avsc").is_file()), None)
