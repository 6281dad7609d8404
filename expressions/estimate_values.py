"""The bounds of literals, paths, constructors and control structures."""

from __future__ import annotations

from expressions import ast
from expressions.costs import COPYING, ENTRY_NS, FORMAT_COSTS, PAIR_NS, PRINTING, STEP_NS
from expressions.estimate import Estimator, Rule
from expressions.flows import NO_SIZE, SCALAR, Flow, Part, Size, Unbounded, both, either, product
from expressions.kinds import kind_of

_INPUT = ast.Identity(at=0)


def _variable(walk: Estimator, node: ast.Variable, inputs: Flow) -> Flow:
    return inputs.each(walk.size_of(node.name))


def _text(walk: Estimator, node: ast.Text, inputs: Flow) -> Flow:
    letters = float(sum(len(part.encode()) for part in node.parts if isinstance(part, str)))
    cost = FORMAT_COSTS[node.encoding or "text"]
    queries = [part for part in node.parts if not isinstance(part, str)]
    if not queries:
        return inputs.each(Size(letters + 2.0, 1.0))
    parts = walk.operands(queries, inputs).flow
    walk.spend(cost.rate.of(parts.total) + parts.count * STEP_NS * len(node.parts))
    walk.spend(len(node.parts) * COPYING.of(parts.total))
    return cost.result(parts).plus(Size(letters, 0.0))


def _encode(walk: Estimator, node: ast.Encode, inputs: Flow) -> Flow:
    return walk.charge(FORMAT_COSTS[node.name], inputs, Part(inputs.each(NO_SIZE), True))


def _array(walk: Estimator, node: ast.Array, inputs: Flow) -> Flow:
    if node.body is None:
        return inputs.each(Size(2.0, 1.0))
    items = walk.flow(node.body, inputs)
    brackets = Size(2.0 * inputs.count + items.count, inputs.count)
    walk.spend(items.count * 100.0)
    single = walk.shapes.of(node.body).single
    biggest = items.biggest.plus(Size(3.0, 1.0)) if single else items.total.plus(Size(2.0 + items.count, 1.0))
    return Flow(inputs.count, biggest, items.total.plus(brackets))


def _object(walk: Estimator, node: ast.Object, inputs: Flow) -> Flow:
    parts: list[ast.Node] = []
    for entry in node.entries:
        parts += [entry.key, entry.value or ast.Index(at=entry.at, target=_INPUT, key=entry.key)]
    flow = walk.operands(parts, inputs).flow
    walk.spend(flow.count * ENTRY_NS * len(node.entries))
    return flow.plus(Size(2.0 + len(parts), 1.0))


def _index(walk: Estimator, node: ast.Index, inputs: Flow) -> Flow:
    target, key = walk.parts((node.target, node.key), inputs)
    found = product(inputs, [target, Part(key.flow.each(NO_SIZE), key.single)]).flow
    if node.quiet:
        # The message that nobody sees holds the key.
        walk.spend(found.count * PRINTING.of(key.flow.biggest))
    if kind_of(node.key) in {"string", "number"}:
        return found.plus(Size(4.0, 1.0))
    # An array as a key is searched in an array, and gives the places where it is.
    walk.spend(PAIR_NS * found.count * target.flow.biggest.nodes * key.flow.biggest.nodes)
    places = Size(9.0 * found.total.nodes, found.total.nodes)
    most = Size(9.0 * found.biggest.nodes, found.biggest.nodes)
    return Flow(found.count, found.biggest.or_larger(most), found.total.or_larger(places)).plus(Size(4.0, 1.0))


def _slice(walk: Estimator, node: ast.Slice, inputs: Flow) -> Flow:
    bounds = [bound for bound in (node.low, node.high) if bound]
    target, *ends = walk.parts((node.target, *bounds), inputs)
    result = product(inputs, [target, *(Part(end.flow.each(NO_SIZE), end.single) for end in ends)]).flow
    walk.spend(result.total.bytes * 5.0)
    if node.quiet:
        walk.spend(result.count * sum(PRINTING.of(end.flow.biggest) for end in ends))
    return result.plus(Size(4.0, 1.0))


def _iterate(walk: Estimator, node: ast.Iterate, inputs: Flow) -> Flow:
    whole = walk.flow(node.target, inputs)
    items = Flow(whole.total.nodes, whole.biggest, whole.total)
    walk.spend(items.count * STEP_NS)
    return items


def _attempt(walk: Estimator, node: ast.Try, inputs: Flow) -> Flow:
    with walk.protected(inputs):
        body = walk.flow(node.body, inputs)
    if node.handler is None:
        return body
    return both([body, walk.flow(node.handler, inputs.each(walk.largest_error()))])


def _pipe(walk: Estimator, node: ast.Pipe, inputs: Flow) -> Flow:
    for part in node.parts:
        inputs = walk.flow(part, inputs)
    return inputs


def _comma(walk: Estimator, node: ast.Comma, inputs: Flow) -> Flow:
    return both([walk.flow(part, inputs) for part in node.parts])


def _branches(walk: Estimator, node: ast.If, inputs: Flow) -> Flow:
    results = []
    for condition, consequence in node.cases:
        when = walk.part(condition, inputs)
        inputs = inputs if when.single else inputs.spread(inputs.count * max(when.flow.count, 1.0))
        results.append(walk.part(consequence, inputs))
    results.append(walk.part(node.otherwise or _INPUT, inputs))
    return either(results, inputs)


def _bind(walk: Estimator, node: ast.Bind, inputs: Flow) -> Flow:
    if len(node.patterns) > 1:
        raise Unbounded(node.at, "a pattern with alternatives")
    source = walk.part(node.source, inputs)
    inner = inputs if source.single else inputs.spread(source.flow.count)
    sizes: dict[str, Size] = {}
    walk.spend(inner.count * STEP_NS * _taken_apart(node.patterns[0], source.flow.biggest.plus(SCALAR), sizes))
    with walk.bound(sizes):
        return walk.flow(node.body, inner)


def _taken_apart(pattern: ast.Pattern, size: Size, sizes: dict[str, Size]) -> float:
    """Note the size of each variable of a pattern; give how many steps taking it apart needs."""
    if isinstance(pattern, ast.NamePattern):
        sizes[pattern.name] = size
        return 1.0
    if isinstance(pattern, ast.ArrayPattern):
        return 1.0 + sum(2.0 + _taken_apart(item, size, sizes) for item in pattern.items)
    steps = 1.0
    for key, name, inner in pattern.fields:
        if not isinstance(key, ast.Text) or any(not isinstance(part, str) for part in key.parts):
            raise Unbounded(key.at, "a computed key in a pattern")
        sizes.update({name: size} if name else {})
        steps += 2.0 + (_taken_apart(inner, size, sizes) if inner else 0.0)
    return steps


def _negate(walk: Estimator, node: ast.Negate, inputs: Flow) -> Flow:
    number = walk.flow(node.body, inputs)
    # The negation of a number in the author's digits keeps them.
    return number.plus(SCALAR)


VALUE_RULES: dict[type, Rule] = {
    ast.Identity: lambda _, _node, inputs: inputs,
    ast.Number: lambda _, node, inputs: inputs.each(Size(float(len(node.text)) + 4.0, 1.0)),
    ast.Constant: lambda _, _node, inputs: inputs.each(Size(5.0, 1.0)),
    ast.Data: lambda _, node, inputs: inputs.each(Size(float(len(node.text.encode())), float(node.nodes))),
    ast.Place: lambda _, _node, inputs: inputs.each(Size(40.0, 3.0)),
    ast.Variable: _variable,
    ast.Text: _text,
    ast.Encode: _encode,
    ast.Array: _array,
    ast.Object: _object,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.Iterate: _iterate,
    ast.Try: _attempt,
    ast.Negate: _negate,
    ast.Pipe: _pipe,
    ast.Comma: _comma,
    ast.If: _branches,
    ast.Bind: _bind,
}
