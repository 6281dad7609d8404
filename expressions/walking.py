"""The parts of a node, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from expressions import ast

_Parts = Callable[[Any], Iterator[ast.Node | None]]


def children(node: ast.Node) -> Iterator[ast.Node]:
    """Give the nodes directly below, in the order of the text; those in the patterns of `as` are left out."""
    parts = _PARTS.get(type(node))
    if parts is not None:
        yield from (part for part in parts(node) if part is not None)


def size_of(root: ast.Node) -> int:
    """Give how many nodes there are, those in patterns left out."""
    return sum(len(level) for level in levels(root))


def levels(root: ast.Node) -> Iterator[list[ast.Node]]:
    """Give the nodes level by level, from the root down. Does not recurse, so that a deep tree does no harm."""
    level = [root]
    while level:
        yield level
        level = [child for node in level for child in children(node)]


def names_of(pattern: ast.Pattern) -> dict[str, int]:
    """Give every variable that a pattern binds, with its place."""
    if isinstance(pattern, ast.NamePattern):
        return {pattern.name: pattern.at}
    found: dict[str, int] = {}
    if isinstance(pattern, ast.ArrayPattern):
        for item in pattern.items:
            found.update(names_of(item))
        return found
    for key, name, inner in pattern.fields:
        found.update({name: key.at} if name else {})
        found.update(names_of(inner) if inner else {})
    return found


def keys_of(pattern: ast.Pattern) -> Iterator[ast.Node]:
    """Give the expressions that are keys in a pattern."""
    if isinstance(pattern, ast.ArrayPattern):
        for item in pattern.items:
            yield from keys_of(item)
    elif isinstance(pattern, ast.ObjectPattern):
        for key, _, inner in pattern.fields:
            yield key
            if inner:
                yield from keys_of(inner)


def _entries(node: ast.Object) -> Iterator[ast.Node | None]:
    for entry in node.entries:
        yield entry.key
        yield entry.value


def _cases(node: ast.If) -> Iterator[ast.Node | None]:
    for condition, consequence in node.cases:
        yield condition
        yield consequence
    yield node.otherwise


_PARTS: dict[type, _Parts] = {
    ast.Text: lambda node: (part for part in node.parts if not isinstance(part, str)),
    ast.Array: lambda node: iter((node.body,)),
    ast.Object: _entries,
    ast.Index: lambda node: iter((node.target, node.key)),
    ast.Slice: lambda node: iter((node.target, node.low, node.high)),
    ast.Iterate: lambda node: iter((node.target,)),
    ast.Try: lambda node: iter((node.body, node.handler)),
    ast.Negate: lambda node: iter((node.body,)),
    ast.Pipe: lambda node: iter(node.parts),
    ast.Comma: lambda node: iter(node.parts),
    ast.Binary: lambda node: iter((node.left, node.right)),
    ast.Assign: lambda node: iter((node.target, node.value)),
    ast.Call: lambda node: iter(node.arguments),
    ast.If: _cases,
    ast.Reduce: lambda node: iter((node.source, node.start, node.update)),
    ast.Foreach: lambda node: iter((node.source, node.start, node.update, node.extract)),
    ast.Bind: lambda node: iter((node.source, node.body)),
    ast.Label: lambda node: iter((node.body,)),
    ast.Define: lambda node: iter((node.body, node.rest)),
}
