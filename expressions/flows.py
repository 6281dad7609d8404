"""Upper bounds for a stream of values: what an expression can do with data of a known size.

The size of a value is its bytes as compact JSON text and its nodes (every value in it, itself included). An array is as
large as its parts together, so one pass over nested arrays is one pass over their nodes. All arithmetic is in floats:
what overflows is infinite, and too much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expressions.errors import Refusal


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of JSON text, and nodes."""

    bytes: float
    nodes: float

    def plus(self, other: Size) -> Size:
        """Give the size of two values together."""
        return Size(self.bytes + other.bytes, self.nodes + other.nodes)

    def times(self, count: float) -> Size:
        """Give the size of `count` such values."""
        return Size(self.bytes * count, self.nodes * count)

    def or_larger(self, other: Size) -> Size:
        """Give the larger of each."""
        return Size(max(self.bytes, other.bytes), max(self.nodes, other.nodes))

    def or_smaller(self, other: Size) -> Size:
        """Give the smaller of each."""
        return Size(min(self.bytes, other.bytes), min(self.nodes, other.nodes))


NO_SIZE = Size(0.0, 0.0)
#: The largest computed number, and thereby also `null`, `true` and `false`.
SCALAR = Size(25.0, 1.0)
#: How much a text can grow when it becomes JSON text: a control character becomes six.
ESCAPED = 6.0


@dataclass(frozen=True, slots=True)
class Flow:
    """At most `count` values, none larger than `biggest`, all together not larger than `total`."""

    count: float
    biggest: Size
    total: Size

    def each(self, size: Size) -> Flow:
        """Give a flow of as many values, none larger than `size`."""
        return Flow(self.count, size, size.times(self.count))

    def plus(self, size: Size) -> Flow:
        """Give a flow of values that are each larger by at most `size`."""
        return Flow(self.count, self.biggest.plus(size), self.total.plus(size.times(self.count)))

    def times(self, count: float) -> Flow:
        """Give each value `count` times."""
        return Flow(self.count * count, self.biggest, self.total.times(count))

    def spread(self, count: float) -> Flow:
        """Give `count` values of which each may be any of these."""
        return Flow(count, self.biggest, self.biggest.times(count))


#: No value at all.
NOTHING = Flow(0.0, NO_SIZE, NO_SIZE)


@dataclass(frozen=True, slots=True)
class Part:
    """The values of one operand. `single` says that it gives at most one for each input."""

    flow: Flow
    single: bool


def product(inputs: Flow, parts: Iterable[Part]) -> Part:
    """Give the flow of one value for each combination of operands, as large as the operands together."""
    result = Part(Flow(inputs.count, NO_SIZE, NO_SIZE), True)
    for part in parts:
        result = _combined(result, part)
    return result


def _combined(a: Part, b: Part) -> Part:
    left, right = a.flow, b.flow
    biggest = left.biggest.plus(right.biggest)
    if a.single and b.single:
        return Part(Flow(left.count, biggest, left.total.plus(right.total)), True)
    if b.single:
        return Part(Flow(left.count, biggest, left.total.plus(right.biggest.times(left.count))), False)
    if a.single:
        return Part(Flow(right.count, biggest, left.biggest.times(right.count).plus(right.total)), False)
    # The sum of products is at most the product of sums.
    count = left.count * right.count
    return Part(Flow(count, biggest, biggest.times(count)), False)


def both(flows: Iterable[Flow]) -> Flow:
    """Give the flow of one stream after the other."""
    result = NOTHING
    for flow in flows:
        total = result.total.plus(flow.total)
        result = Flow(result.count + flow.count, result.biggest.or_larger(flow.biggest), total)
    return result


def either(results: list[Part], inputs: Flow) -> Flow:
    """Give the flow where each input takes one of several ways."""
    flow = both([result.flow for result in results])
    if not all(result.single for result in results):
        return flow
    return Flow(inputs.count, flow.biggest, flow.total.or_smaller(flow.biggest.times(inputs.count)))


class Unbounded(Exception):
    """The expression may do more than its size and the size of its data allow to foresee."""

    def __init__(self, at: int, what: str) -> None:
        self.refusal = Refusal(at=at, message=f"{what} is evaluated in a process of its own", found=what)
        super().__init__(self.refusal.message)
