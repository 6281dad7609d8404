"""Fast copies of the state's records. A copy is made for every command, so `copy.copy`, which goes through pickling's
protocol, was a sixth of the orchestrator's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Record = TypeVar("Record")


def copier(kind: type[Record], shared: tuple[str, ...] = ()) -> Callable[[Record], Record]:
    """Give a function that copies records of a dataclass: dicts and lists are copied, what is in them is shared.

    The fields named in `shared` are shared whole. The function's text is made from the fields, as `dataclasses` makes
    constructors.
    """
    lines = ["def copied(record):", "    fresh = new(kind)", "    return fresh"]
    lines[2:2] = [_line(each, shared) for each in fields(kind)]  # type: ignore[arg-type]
    names: dict[str, Any] = {"kind": kind, "new": object.__new__}
    exec("\n".join(lines), names)  # noqa: S102 - only names of our own fields are in it
    made: Callable[[Record], Record] = names["copied"]
    return made


def _line(each: Field[Any], shared: tuple[str, ...]) -> str:
    is_copied = each.default_factory is not MISSING and each.name not in shared
    return f"    fresh.{each.name} = record.{each.name}{'.copy()' if is_copied else ''}"
