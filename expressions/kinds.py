"""What can be known of an expression without its data: the kind of its results, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from expressions import ast

_NUMBER_CALLS = frozenset(
    """
    acos/0 asin/0 atan/0 cbrt/0 ceil/0 cos/0 exp/0 exp10/0 exp2/0 fabs/0 floor/0 infinite/0 length/0 log/0 log10/0
    log2/0 mktime/0 nan/0 fromdate/0 fromdateiso8601/0 nearbyint/0 rint/0 round/0 significand/0 sin/0 sqrt/0 tan/0
    tonumber/0 trunc/0 utf8bytelength/0 pow/2 fmod/2 fmin/2 fmax/2 atan2/2 numbers/0
    """.split()
)
_STRING_CALLS = frozenset(
    """
    ascii_downcase/0 ascii_upcase/0 implode/0 join/1 strftime/1 strings/0 todate/0 todateiso8601/0 tojson/0 tostring/0
    trim/0 type/0 sub/2 gsub/2
    """.split()
)
_ARRAY_CALLS = frozenset(
    """
    arrays/0 explode/0 flatten/0 flatten/1 gmtime/0 group_by/1 keys/0 keys_unsorted/0 map/1 reverse/0 sort/0 sort_by/1
    split/1 split/2 to_entries/0 transpose/0 unique/0 unique_by/1
    """.split()
)
_KINDS = {
    **dict.fromkeys(_NUMBER_CALLS, "number"),
    **dict.fromkeys(_STRING_CALLS, "string"),
    **dict.fromkeys(_ARRAY_CALLS, "array"),
    **dict.fromkeys("from_entries/0 with_entries/1 objects/0".split(), "object"),
    **dict.fromkeys("all/0 all/1 any/0 any/1 contains/1 has/1 in/1 isempty/1 not/0 startswith/1".split(), "boolean"),
}


def kind_of(node: ast.Node) -> str:
    """Give the one kind that every result has, as jq's `type` names it; empty when it cannot be known."""
    if isinstance(node, ast.Call):
        return _KINDS.get(f"{node.name}/{len(node.arguments)}", "")
    if isinstance(node, ast.Binary):
        return _binary_kind(node)
    if isinstance(node, ast.Pipe):
        return kind_of(node.parts[-1])
    if isinstance(node, ast.Constant):
        return "null" if node.text == "null" else "boolean"
    return _PLAIN_KINDS.get(type(node), "")


_PLAIN_KINDS: dict[type, str] = {
    ast.Number: "number",
    ast.Negate: "number",
    ast.Text: "string",
    ast.Encode: "string",
    ast.Array: "array",
    ast.Object: "object",
    ast.Place: "object",
}


def _binary_kind(node: ast.Binary) -> str:
    if node.operator in {"and", "or", "==", "!=", "<", "<=", ">", ">="}:
        return "boolean"
    if node.operator == "%":
        return "number"
    kinds = {kind_of(node.left), kind_of(node.right)}
    if node.operator == "*" and "object" in kinds:
        return "object"
    return kinds.pop() if len(kinds) == 1 and node.operator != "/" else ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many results one input gives: at least one or not, at most one or not."""

    some: bool
    single: bool


_ONE = Shape(True, True)
_ANY = Shape(False, False)
_PERHAPS = Shape(False, True)


def shape_of(node: ast.Node) -> Shape:
    """Give how many results the expression has for one input. An error counts as no result."""
    known = _SHAPES.get(type(node))
    return known(node) if known else _ANY


def _product(nodes: Iterable[ast.Node | None]) -> Shape:
    shapes = [shape_of(node) for node in nodes if node is not None]
    return Shape(all(shape.some for shape in shapes), all(shape.single for shape in shapes))


def _one(_node: ast.Node) -> Shape:
    return _ONE


def _quiet(shape: Shape, node: ast.Index | ast.Slice) -> Shape:
    return Shape(shape.some and not node.quiet, shape.single)


def _try(node: ast.Try) -> Shape:
    body = shape_of(node.body)
    handler = shape_of(node.handler) if node.handler else _PERHAPS
    return Shape(body.some and handler.some, body.single and handler.single)


def _comma(node: ast.Comma) -> Shape:
    return Shape(any(shape_of(part).some for part in node.parts), False)


def _binary(node: ast.Binary) -> Shape:
    if node.operator == "//":
        return Shape(shape_of(node.right).some, _product((node.left, node.right)).single)
    return _product((node.left, node.right))


def _if(node: ast.If) -> Shape:
    conditions = _product(condition for condition, _ in node.cases)
    branches = [shape_of(then) for _, then in node.cases]
    branches.append(shape_of(node.otherwise) if node.otherwise else _ONE)
    some = conditions.some and all(branch.some for branch in branches)
    return Shape(some, conditions.single and all(branch.single for branch in branches))


def _bind(node: ast.Bind) -> Shape:
    return _product((node.source, node.body)) if len(node.patterns) == 1 else _ANY


def _assign(node: ast.Assign) -> Shape:
    return _ONE if node.operator == "|=" else shape_of(node.value)


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


def _call(node: ast.Call) -> Shape:
    name = f"{node.name}/{len(node.arguments)}"
    if name in _COLLECTING:
        return _ONE
    if name in _SELECTING:
        return _PERHAPS
    if name in _STREAMING:
        return _ANY
    arguments = _product(node.arguments)
    if name == "select/1":
        return Shape(False, arguments.single)
    return Shape(arguments.some, True) if name in {"first/1", "last/1"} else arguments


_SHAPES: dict[type, Callable[[Any], Shape]] = {
    **dict.fromkeys((ast.Identity, ast.Number, ast.Constant, ast.Encode, ast.Variable, ast.Place, ast.Array), _one),
    ast.Text: lambda node: _product(part for part in node.parts if not isinstance(part, str)),
    ast.Object: lambda node: _product(part for entry in node.entries for part in (entry.key, entry.value)),
    ast.Index: lambda node: _quiet(_product((node.target, node.key)), node),
    ast.Slice: lambda node: _quiet(_product((node.target, node.low, node.high)), node),
    ast.Try: _try,
    ast.Negate: lambda node: shape_of(node.body),
    ast.Pipe: lambda node: _product(node.parts),
    ast.Comma: _comma,
    ast.Binary: _binary,
    ast.Assign: _assign,
    ast.Call: _call,
    ast.If: _if,
    ast.Bind: _bind,
    ast.Reduce: _one,
    ast.Break: lambda _node: _PERHAPS,
}
