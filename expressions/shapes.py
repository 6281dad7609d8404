"""What can be known of the results of an expression without its data: how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from expressions import ast


@dataclass(frozen=True, slots=True)
class Shape:
    """How many results one input gives: at least one or not, at most one or not."""

    some: bool
    single: bool


_ONE = Shape(True, True)
_ANY = Shape(False, False)
_PERHAPS = Shape(False, True)


class Shapes:
    """The shapes of nodes, each found once. It keeps the nodes alive, so that an `id` stays that of one node."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ast.Node, Shape]] = {}

    def of(self, node: ast.Node) -> Shape:
        """Give how many results the expression has for one input. An error counts as no result."""
        known = self._known.get(id(node))
        if known is None:
            rule = _SHAPES.get(type(node))
            known = self._known[id(node)] = (node, rule(self, node) if rule else _ANY)
        return known[1]


def _product(shapes: Shapes, nodes: Iterable[ast.Node | None]) -> Shape:
    found = [shapes.of(node) for node in nodes if node is not None]
    return Shape(all(shape.some for shape in found), all(shape.single for shape in found))


def _one(_shapes: Shapes, _node: ast.Node) -> Shape:
    return _ONE


def _quiet(shape: Shape, node: ast.Index | ast.Slice) -> Shape:
    return Shape(shape.some and not node.quiet, shape.single)


def _try(shapes: Shapes, node: ast.Try) -> Shape:
    body = shapes.of(node.body)
    handler = shapes.of(node.handler) if node.handler else _PERHAPS
    return Shape(body.some and handler.some, body.single and handler.single)


def _comma(shapes: Shapes, node: ast.Comma) -> Shape:
    return Shape(any(shapes.of(part).some for part in node.parts), False)


def _binary(shapes: Shapes, node: ast.Binary) -> Shape:
    if node.operator == "//":
        return Shape(shapes.of(node.right).some, _product(shapes, (node.left, node.right)).single)
    return _product(shapes, (node.left, node.right))


def _if(shapes: Shapes, node: ast.If) -> Shape:
    conditions = _product(shapes, (condition for condition, _ in node.cases))
    branches = [shapes.of(then) for _, then in node.cases]
    branches.append(shapes.of(node.otherwise) if node.otherwise else _ONE)
    some = conditions.some and all(branch.some for branch in branches)
    return Shape(some, conditions.single and all(branch.single for branch in branches))


def _bind(shapes: Shapes, node: ast.Bind) -> Shape:
    return _product(shapes, (node.source, node.body)) if len(node.patterns) == 1 else _ANY


def _assign(shapes: Shapes, node: ast.Assign) -> Shape:
    return _ONE if node.operator == "|=" else shapes.of(node.value)


_SELECTING = frozenset(
    "empty/0 error/0 error/1 arrays/0 booleans/0 finites/0 iterables/0 normals/0 nulls/0 numbers/0 objects/0 scalars/0 "
    "strings/0 values/0".split()
)
_COLLECTING = frozenset(
    "add/1 all/1 all/2 any/1 any/2 del/1 group_by/1 isempty/1 map/1 map_values/1 max_by/1 min_by/1 sort_by/1 "
    "unique_by/1 with_entries/1 IN/1 IN/2".split()
)
_STREAMING = frozenset(
    "combinations/0 combinations/1 fromstream/1 limit/2 match/1 match/2 path/1 paths/0 paths/1 range/1 range/2 range/3 "
    "recurse/0 recurse/1 recurse/2 repeat/1 scan/1 scan/2 skip/2 splits/1 splits/2 tostream/0 truncate_stream/1 "
    "until/2 walk/1 while/2 capture/1 capture/2 JOIN/3 JOIN/4 sub/2 sub/3 gsub/2 gsub/3 nth/2".split()
)


def _call(shapes: Shapes, node: ast.Call) -> Shape:
    name = f"{node.name}/{len(node.arguments)}"
    if name in _COLLECTING:
        return _ONE
    if name in _SELECTING:
        return _PERHAPS
    if name in _STREAMING:
        return _ANY
    arguments = _product(shapes, node.arguments)
    if name == "select/1":
        return Shape(False, arguments.single)
    return Shape(arguments.some, True) if name in {"first/1", "last/1"} else arguments


_SHAPES: dict[type, Callable[[Shapes, Any], Shape]] = {
    **dict.fromkeys(
        (ast.Identity, ast.Number, ast.Constant, ast.Data, ast.Encode, ast.Variable, ast.Place, ast.Array), _one
    ),
    ast.Text: lambda shapes, node: _product(shapes, (part for part in node.parts if not isinstance(part, str))),
    ast.Object: lambda shapes, node: _product(
        shapes, (part for entry in node.entries for part in (entry.key, entry.value))
    ),
    ast.Index: lambda shapes, node: _quiet(_product(shapes, (node.target, node.key)), node),
    ast.Slice: lambda shapes, node: _quiet(_product(shapes, (node.target, node.low, node.high)), node),
    ast.Try: _try,
    ast.Negate: lambda shapes, node: shapes.of(node.body),
    ast.Pipe: lambda shapes, node: _product(shapes, node.parts),
    ast.Comma: _comma,
    ast.Binary: _binary,
    ast.Assign: _assign,
    ast.Call: _call,
    ast.If: _if,
    ast.Bind: _bind,
    ast.Reduce: _one,
    ast.Break: lambda _shapes, _node: _PERHAPS,
}
