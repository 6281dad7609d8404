"""The bounds of binary operators."""

from __future__ import annotations

from expressions import ast
from expressions.costs import COPYING, EQUALITY, LETTERS, MERGING, ORDER, PAIR_NS, SPLITTING
from expressions.estimate import Estimator, Rule
from expressions.flows import SCALAR, Flow, Size, Unbounded, either, product
from expressions.kinds import kind_of

_CONTAINERS = ("object", "array")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
#: The kinds of operands with which an operator costs more than a little.
_COSTLY = {
    "+": _CONTAINERS,
    "-": ("array",),
    "*": ("string", "object"),
    "/": ("string",),
    **dict.fromkeys(_COMPARISONS, _CONTAINERS),
}
_BOOLEAN = Size(5.0, 1.0)


def _binary(walk: Estimator, node: ast.Binary, inputs: Flow) -> Flow:
    if node.operator == "//":
        return either([walk.part(node.left, inputs), walk.part(node.right, inputs)], inputs)
    left, right = walk.parts((node.left, node.right), inputs)
    operands = product(inputs, [left, right]).flow
    if node.operator in {"and", "or"}:
        return operands.each(_BOOLEAN)
    if node.operator in _COMPARISONS:
        _charge_comparison(walk, node, operands, left.flow.biggest.or_smaller(right.flow.biggest))
        return operands.each(_BOOLEAN)
    return arithmetic(walk, node, operands)


def arithmetic(walk: Estimator, node: ast.Binary, operands: Flow) -> Flow:
    """Add the cost of an arithmetic operator for these combinations of operands; give the bounds of its results."""
    kinds = {kind_of(node.left), kind_of(node.right)}
    if node.operator == "%" or kinds == {"number"}:
        return operands.each(SCALAR)
    if node.operator == "*" and kinds <= {"", "string", "number"}:
        _refuse_repetition(walk, node, kinds)
    if _is_cheap(walk, node, kinds):
        walk.spend(LETTERS.of(operands.total))
        return operands.plus(SCALAR) if node.operator == "+" else operands.each(SCALAR)
    return _with_containers(walk, node.operator, operands)


def _with_containers(walk: Estimator, operator: str, operands: Flow) -> Flow:
    walk.spend(COPYING.of(operands.total))
    if operator == "-":
        walk.spend(PAIR_NS * operands.count * operands.biggest.nodes**2 / 4.0 + EQUALITY.of(operands.total))
    if operator == "*":
        walk.spend(MERGING.of(operands.total))
    if operator == "/":
        walk.spend(SPLITTING.of(operands.total))
        pieces = Size(4.0 * operands.biggest.bytes, operands.biggest.bytes)
        return Flow(operands.count, pieces, Size(4.0 * operands.total.bytes, operands.total.bytes)).plus(SCALAR)
    return operands.plus(SCALAR)


def _refuse_repetition(walk: Estimator, node: ast.Binary, kinds: set[str]) -> None:
    """Guard `*` against strings, which it repeats. `Unbounded` is raised where it surely gets one."""
    if "string" in kinds:
        raise Unbounded(node.at, "`*` with a string")
    walk.must_guard(node, ("string",), "`*` inside `try`, where it may repeat a string,")


def _charge_comparison(walk: Estimator, node: ast.Binary, operands: Flow, least: Size) -> None:
    walk.spend(operands.count * LETTERS.of(least))
    if not _is_cheap(walk, node, {kind_of(node.left), kind_of(node.right)}):
        rate = EQUALITY if node.operator in {"==", "!="} else ORDER
        walk.spend(rate.of(operands.total))


def _is_cheap(walk: Estimator, node: ast.Binary, kinds: set[str]) -> bool:
    """Tell whether no operand can be of a costly kind, by what is known or by a guard."""
    costly = _COSTLY[node.operator]
    if kinds & set(costly):
        return False
    return "" not in kinds or walk.guard(node, costly)


OPERATOR_RULES: dict[type, Rule] = {ast.Binary: _binary}
