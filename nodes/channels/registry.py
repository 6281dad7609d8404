"""The channels there are: those of this folder, and those of packages with an entry point in `agentos.channels`."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from nodes.channels.base import Channel

LOG = logging.getLogger(__name__)
GROUP = "agentos.channels"
FOLDER = "nodes.channels"


class DuplicateChannel(Exception):
    """Two channels have one name, so it is not clear which of them a document means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """All channels by name, and why others could not be loaded."""

    types: Mapping[str, Channel] = field(default_factory=dict)
    broken: tuple[str, ...] = ()


def load_channels(points: Iterable[EntryPoint] | None = None) -> Channels:
    """Load every channel. What cannot be loaded is named and left out. Raises `DuplicateChannel`."""
    types: dict[str, Channel] = {}
    broken: list[str] = []
    for channel in _built_in():
        types[channel.name] = channel
    for point in entry_points(group=GROUP) if points is None else points:
        try:
            found = _channel(point.load())
        except (Exception, SystemExit) as error:  # a boundary: a plug-in may fail in any way
            broken.append(f"{point.name} ({point.value}): {type(error).__name__}: {error}")
            LOG.exception("Channel disabled: %s", broken[-1])
            continue
        if found.name in types:
            raise DuplicateChannel(
                f"expected one channel called {found.name!r}, found two: {type(types[found.name]).__module__} and"
                f" {point.value}; uninstall one of them, or give it another name"
            )
        types[found.name] = found
    return Channels(types=types, broken=tuple(broken))


@cache
def channels() -> Channels:
    """Give the channels of this installation."""
    return load_channels()


def _built_in() -> Iterator[Channel]:
    package = importlib.import_module(FOLDER)
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{FOLDER}.{module.name}")
        for _, found in inspect.getmembers(loaded, inspect.isclass):
            is_own = found.__module__ == loaded.__name__ and isinstance(vars(found).get("name"), str)
            if is_own and hasattr(found, "deliver"):
                yield _channel(found)


def _channel(found: Any) -> Channel:
    made = found() if inspect.isclass(found) else found
    if not isinstance(made, Channel) or not inspect.iscoroutinefunction(made.deliver):
        raise TypeError(f"expected a class with name, With and `async def deliver(...)`, found {found!r}")
    return made
