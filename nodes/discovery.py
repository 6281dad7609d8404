"""Finding node types: classes in `nodes/`, and classes or functions named by installed packages.

A package names its node types by entry points of the group `agentos.nodes`; each leads to a class, to an `async def
run(with_: With, ctx) -> Output`, or to a module with such classes.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, get_type_hints

GROUP = "agentos.nodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that may be a node type, not loaded yet. `origin` says where it is from."""

    origin: str
    load: Callable[[], list[type]]


def built_in(package: ModuleType) -> Iterator[Candidate]:
    """Yield one candidate for each module or folder of `package`."""
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{module.name}"
        yield Candidate(origin=f"module {name}", load=partial(_load_module, name))


def installed(found: Iterable[EntryPoint] | None = None) -> Iterator[Candidate]:
    """Yield one candidate for each entry point of the group."""
    for point in entry_points(group=GROUP) if found is None else found:
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown package"
        yield Candidate(origin=f"{point.name} of {package} ({point.value})", load=partial(_load_entry, point))


def classes_in(module: ModuleType) -> list[type]:
    """Give the public node types that `module` (or a module below it) defines, by name."""
    return [
        value
        for name, value in sorted(vars(module).items())
        if not name.startswith("_") and _is_node(value) and f"{value.__module__}.".startswith(f"{module.__name__}.")
    ]


def _is_node(value: Any) -> bool:
    return inspect.isclass(value) and isinstance(getattr(value, "name", None), str) and hasattr(value, "run")


def _load_module(name: str) -> list[type]:
    return classes_in(importlib.import_module(name))


def _load_entry(point: EntryPoint) -> list[type]:
    found = point.load()
    if inspect.ismodule(found):
        return classes_in(found)
    if inspect.isclass(found):
        return [found]
    if inspect.iscoroutinefunction(found):
        return [_class_of(found)]
    raise TypeError(f"expected a class, an async function or a module, found {type(found).__name__}")


def _class_of(function: Callable[..., Any]) -> type:
    hints = get_type_hints(function)
    first = next(iter(inspect.signature(function).parameters))
    members = {
        "name": getattr(function, "name", function.__name__),
        "version": getattr(function, "version", "0.0.0"),
        "__doc__": function.__doc__,
        "With": hints.get(first, Any),
        "Output": hints.get("return", Any),
        "run": staticmethod(function),
    }
    return type(function.__name__, (), members)
