"""Short documents for tests: the tasks alone, in YAML."""

from __future__ import annotations

from typing import Any

from testkit import Play, play

HEAD = "document: {dsl: '1.0.3', namespace: test, name: NAME, version: '1.0.0'}\n"


def document(body: str, name: str = "main") -> str:
    """Give a whole document from its body."""
    return HEAD.replace("NAME", name) + body


def run(body: str, given: Any = None, results: dict[str, Any] | None = None, **more: Any) -> Play:
    """Play a document given by its body; calls without a result echo their arguments."""
    return play(document(body), given, _Echo(results or {}), **more)


class _Echo(dict[str, Any]):
    """Results in which every task has one: its own arguments."""

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or not str(key).startswith("/")

    def __missing__(self, _: str) -> Any:
        return lambda arguments: arguments

    def copy(self) -> _Echo:
        return _Echo(self)
