"""The node types this process knows: what they are called, what they take, what they give."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError

import nodes
from nodes.discovery import Candidate, built_in, installed
from nodes.retries import RetryRules
from nodes.watched import Live, LiveBroken, WatchedFolder

LOG = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")

#: What a class without the member counts as having.
DEFAULTS: Mapping[str, Any] = {
    "icon": "box",
    "examples": (),
    "timeout_s": None,
    "retry": None,
    "internal": False,
    "costly": False,
}


class DuplicateNodeType(Exception):
    """Two node types have one name, so it is not clear which of them a document means."""


class UnknownNodeType(Exception):
    """No node type has this name here."""


class InvalidNodeType(Exception):
    """A class that should be a node type lacks something."""


@dataclass(frozen=True, kw_only=True)
class NodeType:
    """A node type as its class describes it."""

    name: str
    version: str
    description: str
    origin: str
    implementation: type
    icon: str = "box"
    examples: tuple[Any, ...] = ()
    timeout_s: float | None = None
    retry: Mapping[str, Any] | None = None
    internal: bool = False
    costly: bool = False

    @cached_property
    def retry_rules(self) -> RetryRules | None:
        """By what rules a worker tries a task again within one attempt."""
        return None if self.retry is None else RetryRules.model_validate(self.retry)

    @cached_property
    def arguments(self) -> TypeAdapter[Any]:
        """Checks a task's `with`."""
        return TypeAdapter(self.implementation.With)  # type: ignore[attr-defined]

    @cached_property
    def with_schema(self) -> dict[str, Any]:
        """JSON Schema of `with`."""
        return self.arguments.json_schema()

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the raw output."""
        return TypeAdapter(getattr(self.implementation, "Output", Any)).json_schema(mode="serialization")

    def describe(self) -> dict[str, Any]:
        """Give everything about the type as JSON values."""
        members = (
            "name",
            "version",
            "description",
            "icon",
            "origin",
            "timeout_s",
            "retry",
            "with_schema",
            "output_schema",
        )
        return {member: getattr(self, member) for member in members} | {"examples": list(self.examples)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenNodeType:
    """A node type that could not be loaded, and why. It is disabled; the others work."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All node types, by name."""

    types: Mapping[str, NodeType] = field(default_factory=dict)
    broken: Sequence[BrokenNodeType] = ()

    def names(self) -> list[str]:
        """Give the names a document may call, sorted."""
        return sorted(name for name, found in self.types.items() if not found.internal)

    def with_schema(self, name: str) -> dict[str, Any] | None:
        """Give the JSON Schema of `with`, or None when there is no such type."""
        return self.types[name].with_schema if name in self.types else None

    def description(self, name: str) -> str:
        """Say what a node type does; nothing when there is no such type."""
        return self.types[name].description if name in self.types else ""

    def chosen(self, names: Iterable[str]) -> list[NodeType]:
        """Give the types called `names`, or all when there are none. Raises `UnknownNodeType`."""
        wanted = list(names) or sorted(self.types)
        unknown = [name for name in wanted if name not in self.types]
        if unknown:
            raise UnknownNodeType(
                f"expected node types out of {', '.join(sorted(self.types))}; found {', '.join(unknown)}"
            )
        return [self.types[name] for name in dict.fromkeys(wanted)]


def load_registry(candidates: Iterable[Candidate] | None = None, folder: Path | None = None) -> Registry:
    """Load every node type of `candidates` (those in `nodes/` and of installed packages if None).

    What can't be loaded is named and left out. Raises `DuplicateNodeType` when two have one name. With a `folder`, the
    node types of its files are there, too, as they are whenever somebody looks.
    """
    types: dict[str, NodeType] = {}
    broken: list[BrokenNodeType] = []
    for candidate in [*built_in(nodes), *installed()] if candidates is None else candidates:
        try:
            found = [node_type(loaded, candidate.origin) for loaded in candidate.load()]
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a boundary: a plug-in may fail in any way
            broken.append(_broken(candidate, error))
            continue
        for new in found:
            _refuse_duplicate(types.get(new.name), new)
            types[new.name] = new
    if folder is None:
        return Registry(types=types, broken=tuple(broken))
    watched = WatchedFolder(folder, node_type, _disabled, taken=types)
    return Registry(types=Live(types, watched), broken=LiveBroken(broken, watched))


def _disabled(origin: str, reason: str) -> BrokenNodeType:
    return BrokenNodeType(origin=origin, reason=reason)


def node_type(implementation: type, origin: str) -> NodeType:
    """Give the description of a class; raise `InvalidNodeType` saying what it lacks."""
    name, version = getattr(implementation, "name", None), getattr(implementation, "version", None)
    if not isinstance(name, str) or not NAME.match(name):
        raise InvalidNodeType(f"expected a `name` of letters, digits, `_`, `.` and `-`, found {name!r}")
    if not isinstance(version, str) or not version:
        raise InvalidNodeType(f"expected a `version` such as '1.0.0', found {version!r}")
    if not inspect.iscoroutinefunction(getattr(implementation, "run", None)):
        raise InvalidNodeType(f"expected `async def run(self, with_, ctx)` in {implementation.__name__}, found none")
    if not hasattr(implementation, "With"):
        raise InvalidNodeType(f"expected a pydantic model `With` in {implementation.__name__}, found none")
    members = {member: getattr(implementation, member, default) for member, default in DEFAULTS.items()}
    description = getattr(implementation, "description", None) or inspect.getdoc(implementation) or ""
    found = NodeType(
        name=name,
        version=version,
        description=description,
        origin=origin,
        implementation=implementation,
        **(members | {"examples": tuple(members["examples"])}),
    )
    _check(found)
    return found


def _check(found: NodeType) -> None:
    try:
        schemas = (found.with_schema, found.output_schema)
    except PydanticUserError as error:
        raise InvalidNodeType(f"expected `With` and `Output` that pydantic can describe, found: {error}") from error
    assert schemas  # noqa: S101
    try:
        assert found.retry_rules or found.retry is None  # noqa: S101
    except ValidationError as error:
        raise InvalidNodeType(f"expected a retry policy as `retry`, found: {error}") from error
    for example in found.examples:
        found.arguments.validate_python(example)


def _refuse_duplicate(known: NodeType | None, new: NodeType) -> None:
    if known is not None:
        raise DuplicateNodeType(
            f"expected one node type called {new.name!r}, found two: {known.origin}, and {new.origin};"
            " uninstall one of them, or give it another name"
        )


def _broken(candidate: Candidate, error: BaseException) -> BrokenNodeType:
    reason = f"{type(error).__name__}: {error}"
    LOG.error("Node type disabled: %s can't be loaded: %s", candidate.origin, reason)
    return BrokenNodeType(origin=candidate.origin, reason=reason)
