"""Bounds the work of a program, before it runs, for data of a given size.

The program is walked once with upper bounds instead of values (`flows.py`): each node turns the bounds of its input
into those of its results and adds its cost in nanoseconds. Whatever cannot be bounded raises `Unbounded`.

Some operators are cheap for the values that people give them and dear for others: `*` repeats strings, `-` compares
every pair of two arrays, an order compares objects by their sorted keys. Such nodes can be *guarded*: the printed
program checks the operands and gives up with a mark, upon which it is evaluated outside. A `try` around would swallow
the mark, so nothing inside a `try` is guarded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from expressions import ast
from expressions.costs import LEAF_NS, PARSING, PRINTING, STEP_NS, Cost
from expressions.flows import ESCAPED, NO_SIZE, SCALAR, Flow, Part, Size, Unbounded, product
from expressions.shapes import Shapes

_LEAVES = frozenset((ast.Identity, ast.Number, ast.Constant, ast.Data, ast.Variable, ast.Text, ast.Place))
_WORDS: dict[type, str] = {
    ast.Descend: "`..`",
    ast.Reduce: "`reduce`",
    ast.Foreach: "`foreach`",
    ast.Define: "`def`",
    ast.Label: "`label`",
    ast.Break: "`break`",
}


class Estimator:
    """One walk. `ns` is the cost so far; `guards` has the kinds against which a node is guarded, by its `id`."""

    def __init__(self, rules: Mapping[type, Rule], data: Size, *, guarded: bool) -> None:
        self.ns = PARSING.of(data)
        self.guards: dict[int, tuple[str, ...]] = {}
        self.shapes = Shapes()
        self._rules = rules
        self._data = self._peak = data.or_larger(SCALAR)
        self._guarding = guarded
        self._protected = 0
        self._own: dict[str, Size] = {}

    def run(self, program: ast.Node) -> float:
        """Give the most nanoseconds that the program takes. Raises `Unbounded`."""
        self.flow(program, Flow(1.0, self._data, self._data))
        # The result is printed, or an operand in the message of an error.
        self.spend(PRINTING.of(self._peak))
        return self.ns

    def spend(self, ns: float) -> None:
        """Add to the cost. A method, because `ns += ...` would lose what is spent inside of the right side."""
        self.ns = self.ns + ns

    def flow(self, node: ast.Node, inputs: Flow) -> Flow:
        """Give the bounds of the results of `node` for these inputs, and add its cost."""
        self.spend(inputs.count * (LEAF_NS if type(node) in _LEAVES else STEP_NS))
        rule = self._rules.get(type(node))
        if rule is None:
            raise Unbounded(node.at, _WORDS.get(type(node), "this"))
        result = rule(self, node, inputs)
        self._peak = self._peak.or_larger(result.biggest)
        if self._protected:
            self.spend(PRINTING.of(result.total))
        return result

    def part(self, node: ast.Node, inputs: Flow) -> Part:
        """Give the bounds of an operand."""
        return Part(self.flow(node, inputs), self.shapes.of(node).single)

    def parts(self, nodes: Sequence[ast.Node], inputs: Flow) -> list[Part]:
        """Give the bounds of each of several operands.

        jq evaluates an operand anew for each result of the others, in an order of its own: any may be the inner one.
        """
        parts, costs = [], []
        for node in nodes:
            before = self.ns
            parts.append(self.part(node, inputs))
            costs.append(self.ns - before)
        results = [1.0 if part.single else max(part.flow.count, 1.0) for part in parts]
        for cost, own in zip(costs, results, strict=True):
            self.spend(cost * (prod(results) / own - 1.0))
        return parts

    def operands(self, nodes: Sequence[ast.Node], inputs: Flow) -> Part:
        """Give the bounds of all combinations of the operands."""
        return product(inputs, self.parts(nodes, inputs))

    def guard(self, node: ast.Node, kinds: tuple[str, ...]) -> bool:
        """Guard the node against operands of these kinds, if that is possible here; tell whether it is."""
        if self._protected or not self._guarding:
            return False
        self.guards[id(node)] = kinds
        return True

    def must_guard(self, node: ast.Node, kinds: tuple[str, ...], what: str) -> None:
        """Guard the node, whatever the mode. Raises `Unbounded` where that is not possible."""
        if self._protected:
            raise Unbounded(node.at, what)
        self.guards.setdefault(id(node), kinds)

    def charge(self, cost: Cost, inputs: Flow, arguments: Part) -> Flow:
        """Add the cost of a call for each input and combination of arguments; give the bounds of its results."""
        calls = product(inputs, [Part(inputs, True), arguments]).flow
        mine = inputs.biggest
        other = arguments.flow.biggest if arguments.flow.biggest.nodes else mine
        self.spend(calls.count * cost.call_ns + cost.rate.of(calls.total))
        if cost.pair_ns:
            pairs = cost.pair_ns * mine.nodes * other.nodes + cost.letter_ns * mine.bytes * other.bytes
            self.spend(calls.count * pairs)
        repeated = Part(Flow(calls.count, NO_SIZE, NO_SIZE), arguments.single)
        return cost.result(product(inputs, [Part(inputs, True), repeated]).flow)

    @contextmanager
    def protected(self, inputs: Flow) -> Iterator[None]:
        """Guard nothing while inside: errors are caught here.

        For each of them jq prints operands into its message: the inputs, or the result of any node inside.
        """
        self.spend(PRINTING.of(inputs.total))
        self._protected += 1
        yield
        self._protected -= 1

    def largest_error(self) -> Size:
        """Give the size of the largest error there can be: a message of jq, or any value so far."""
        return Size(ESCAPED * self._peak.bytes + 1000.0, self._peak.nodes)

    def size_of(self, variable: str) -> Size:
        """Give the largest size of a variable; one from outside is part of the data."""
        return self._own.get(variable, self._data)

    @contextmanager
    def bound(self, sizes: dict[str, Size]) -> Iterator[None]:
        """Know the sizes of these variables while inside."""
        before = self._own
        self._own = {**before, **sizes}
        yield
        self._own = before


#: Gives the bounds of the results of one type of node.
Rule = Callable[[Estimator, Any, Flow], Flow]
