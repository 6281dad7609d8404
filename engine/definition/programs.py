"""The programs of a compiled definition that no author wrote as they are: those that build whole values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from engine.definition.model import Definition, Value


def programs_of(definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield the JSON Pointer of the task, and the program, for each value of a task that has to be evaluated."""
    for step in (definition.root, *definition.steps.values()):
        for source in _sources(step):
            yield step.pointer, source


def _sources(part: object) -> Iterator[str]:
    if isinstance(part, Value):
        if part.source is not None:
            yield part.source
    elif isinstance(part, tuple):
        for item in part:
            yield from _sources(item)
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from _sources(getattr(part, field.name))
