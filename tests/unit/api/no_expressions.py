"""Ports for workflows that hold constants only."""

from __future__ import annotations

from engine.ports import Variables


class NoExpressions:
    """The tests' workflows hold constants only."""

    def evaluate(self, source: str, data: str, variables: Variables) -> str:
        raise AssertionError(f"no expression was expected, found {source!r}")

    def prepare(self, source: str, data: str, variables: Variables) -> str:
        raise AssertionError(f"no expression was expected, found {source!r}")

    def variables(self, source: str) -> tuple[str, ...] | None:
        raise AssertionError(f"no expression was expected, found {source!r}")

    def matches(self, pattern: str, text: str) -> bool:
        raise AssertionError(f"no expression was expected, found {pattern!r}")

    def violations(self, schema: str, data: str) -> list[str]:
        return []

    def faults(self, schema: str) -> list[str]:
        return []
