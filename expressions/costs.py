"""What the operations of jq cost in process: measured on jq 1.8.2 with the densest data, and rounded up.

A function that is not here is evaluated outside: its cost depends on more than the size of its input (`range`,
`recurse`, regular expressions), or it is too rare to be worth its bound. All times are in nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from expressions.flows import ESCAPED, SCALAR, Flow, Size

#: For each literal, variable or `.` of the program, for each other node, and for each entry of an object: each time for
#: each value that reaches it.
LEAF_NS, STEP_NS, ENTRY_NS = 100.0, 500.0, 500.0
#: For each path that an assignment or a deletion touches, and for each key of it.
PATH_NS, KEY_NS = 12_000.0, 4_000.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A time for each byte and each node of a value."""

    byte_ns: float
    node_ns: float

    def of(self, size: Size) -> float:
        """Give the time for a value of this size."""
        return self.byte_ns * size.bytes + self.node_ns * size.nodes


PARSING = Rate(30.0, 600.0)
PRINTING = Rate(80.0, 500.0)
#: Copying a value into a new one: letters of a string, slots of a container.
COPYING = Rate(0.3, 20.0)
#: Joining or comparing strings.
LETTERS = Rate(0.3, 0.0)
EQUALITY = Rate(0.5, 40.0)
#: Objects are ordered by their keys, which are sorted each time.
ORDER = Rate(2.0, 400.0)
SPLITTING = Rate(800.0, 0.0)
MERGING = Rate(1.0, 300.0)
#: Searching each node of one value in another.
PAIR_NS = 60.0


@dataclass(frozen=True, slots=True)
class Cost:
    """One call: its time, and how its result grows with its input.

    `pair_ns` is for each pair of nodes of input and argument (without arguments: of the input with itself), `letter_ns`
    for each pair of bytes. The result has `growth` bytes for each byte, `spacing` bytes for each node, and `plus`; and
    `node_growth` nodes for each node, `letter_nodes` nodes for each byte, and those of `plus`.
    """

    call_ns: float = STEP_NS
    rate: Rate = Rate(0.0, 0.0)
    pair_ns: float = 0.0
    letter_ns: float = 0.0
    growth: float = 0.0
    spacing: float = 0.0
    node_growth: float = 0.0
    letter_nodes: float = 0.0
    plus: Size = SCALAR

    def result(self, inputs: Flow) -> Flow:
        """Give the bounds of the results for these inputs."""
        biggest, total = self._grown(inputs.biggest), self._grown(inputs.total)
        return Flow(inputs.count, biggest, total).plus(self.plus)

    def _grown(self, size: Size) -> Size:
        grown = self.growth * size.bytes + self.spacing * size.nodes
        return Size(grown, self.node_growth * size.nodes + self.letter_nodes * size.bytes)


def _of(names: str, cost: Cost) -> dict[str, Cost]:
    return dict.fromkeys(names.split(), cost)


def _same(call_ns: float, byte_ns: float, node_ns: float, pair_ns: float = 0.0) -> Cost:
    """Give the cost of a function whose result is not larger than its input."""
    return Cost(call_ns=call_ns, rate=Rate(byte_ns, node_ns), growth=1.0, node_growth=1.0, pair_ns=pair_ns)


def _text(byte_ns: float, node_ns: float, growth: float) -> Cost:
    """Give the cost of a function that makes a string of its input."""
    return Cost(rate=Rate(byte_ns, node_ns), growth=growth)


#: Functions whose arguments are values, by name and count of arguments.
COSTS: dict[str, Cost] = {
    **_of(
        """
        acos/0 acosh/0 asin/0 asinh/0 atan/0 atanh/0 cbrt/0 ceil/0 cos/0 cosh/0 erf/0 erfc/0 exp/0 exp10/0 exp2/0
        expm1/0 fabs/0 floor/0 gamma/0 j0/0 j1/0 lgamma/0 log/0 log10/0 log1p/0 log2/0 logb/0 nearbyint/0 rint/0 round/0
        significand/0 sin/0 sinh/0 sqrt/0 tan/0 tanh/0 tgamma/0 trunc/0 y0/0 y1/0 infinite/0 nan/0 isinfinite/0 isnan/0
        isnormal/0 have_decnum/0 have_literal_numbers/0 not/0 type/0
        atan2/2 copysign/2 drem/2 fdim/2 fmax/2 fmin/2 fmod/2 hypot/2 ldexp/2 nextafter/2 nexttoward/2 pow/2 remainder/2
        scalb/2 scalbln/2 fma/3
        """,
        Cost(call_ns=1000.0),
    ),
    **_of("frexp/0 modf/0 lgamma_r/0", Cost(call_ns=1000.0, plus=Size(60.0, 3.0))),
    **_of("abs/0 isfinite/0 toboolean/0", _same(2000.0, 0.5, 0.0)),
    **_of("length/0 utf8bytelength/0", Cost(rate=Rate(2.0, 5.0))),
    **_of("tonumber/0", _same(STEP_NS, 30.0, 0.0)),
    **_of("tojson/0 tostring/0", _text(100.0, 600.0, ESCAPED)),
    **_of("fromjson/0", Cost(rate=Rate(330.0, 0.0), growth=2.0, letter_nodes=0.5)),
    **_of("keys/0 keys_unsorted/0", Cost(rate=Rate(2.0, 1500.0), growth=1.0, spacing=9.0, node_growth=1.0)),
    **_of("first/0 last/0", _same(1000.0, 0.0, 0.0)),
    **_of("trim/0 ltrim/0 rtrim/0", _same(STEP_NS, 10.0, 0.0)),
    **_of("startswith/1 endswith/1", Cost(rate=Rate(2.0, 0.0))),
    **_of("ltrimstr/1 rtrimstr/1 trimstr/1", _same(6000.0, 20.0, 0.0)),
    **_of("explode/0", Cost(rate=Rate(400.0, 0.0), growth=8.0, letter_nodes=1.0)),
    **_of("ascii_downcase/0 ascii_upcase/0", _same(3000.0, 2800.0, 0.0)),
    **_of("split/1", Cost(rate=Rate(900.0, 0.0), growth=4.0, letter_nodes=1.0)),
    **_of("add/0", _same(3000.0, 5.0, 2000.0)),
    **_of("reverse/0", _same(3000.0, 0.0, 2500.0)),
    **_of("to_entries/0", Cost(call_ns=3000.0, rate=Rate(20.0, 10_000.0), growth=1.0, spacing=20.0, node_growth=3.0)),
    **_of("from_entries/0", Cost(call_ns=4000.0, rate=Rate(10.0, 8_000.0), growth=2.0, node_growth=1.0)),
    **_of("flatten/0", _same(5000.0, 5.0, 16_000.0, pair_ns=10.0)),
    **_of("has/1", Cost(call_ns=800.0)),
    **_of("in/1", Cost(call_ns=2500.0)),
    # A path may hold arrays, each of which is searched in an array.
    **_of("getpath/1", Cost(call_ns=1000.0, growth=1.0, spacing=9.0, node_growth=1.0, pair_ns=2.0 * PAIR_NS)),
    **_of("contains/1 inside/1", Cost(call_ns=2500.0, rate=Rate(2.0, 100.0), pair_ns=PAIR_NS, letter_ns=0.5)),
    **_of("index/1 rindex/1", Cost(call_ns=6000.0, rate=Rate(250.0, 200.0), pair_ns=PAIR_NS, letter_ns=2.0)),
    **_of(
        "indices/1",
        Cost(call_ns=6000.0, rate=Rate(250.0, 200.0), pair_ns=PAIR_NS, letter_ns=2.0, growth=8.0, letter_nodes=1.0),
    ),
    **_of("gmtime/0", Cost(call_ns=4000.0, plus=Size(80.0, 9.0))),
    **_of("mktime/0", Cost(call_ns=4000.0, rate=Rate(1.0, 100.0))),
    **_of("todate/0 todateiso8601/0 fromdate/0 fromdateiso8601/0", Cost(call_ns=10_000.0, rate=Rate(10.0, 0.0))),
    **_of("sort/0 unique/0", _same(2000.0, 3.0, 4000.0, pair_ns=100.0)),
    **_of("min/0 max/0", _same(1000.0, 1.0, 500.0, pair_ns=100.0)),
}

#: Functions that sort or compare by their argument, evaluated for each element.
BY_ARGUMENT: dict[str, Cost] = {
    **_of("sort_by/1 unique_by/1", _same(3000.0, 3.0, 3000.0, pair_ns=100.0)),
    **_of(
        "group_by/1",
        Cost(call_ns=3000.0, rate=Rate(3.0, 4000.0), growth=1.0, spacing=2.0, node_growth=2.0, pair_ns=100.0),
    ),
    **_of("min_by/1 max_by/1", _same(3000.0, 1.0, 1500.0, pair_ns=100.0)),
}

#: Functions that let their input pass or not.
SELECTING = frozenset(
    """
    arrays/0 booleans/0 finites/0 iterables/0 normals/0 nulls/0 numbers/0 objects/0 scalars/0 strings/0 values/0
    """.split()
)

#: Formats behind `@`.
FORMAT_COSTS = {
    **_of("text json", _text(100.0, 600.0, ESCAPED)),
    **_of("html sh", _text(250.0, 1500.0, ESCAPED)),
    **_of("csv tsv", _text(250.0, 2000.0, 4.0)),
    **_of("uri urid base64 base64d", _text(200.0, 600.0, 4.0)),
}
