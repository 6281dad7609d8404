"""What the language needs to know about node types."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol


class Catalog(Protocol):
    """The registered node types."""

    def names(self) -> Collection[str]:
        """Give the name of every node type."""
        ...

    def with_schema(self, name: str) -> Mapping[str, Any] | None:
        """Give the JSON Schema of the `with` of a node type; None when it takes anything."""
        ...

    def description(self, name: str) -> str:
        """Say what a node type does; nothing when that is not known."""
        ...


class NoNodeTypes:
    """A catalog without node types."""

    def names(self) -> Collection[str]:
        """Give no name."""
        return ()

    def with_schema(self, name: str) -> Mapping[str, Any] | None:
        """Give no schema."""
        del name
        return None

    def description(self, name: str) -> str:
        """Say nothing."""
        del name
        return ""
