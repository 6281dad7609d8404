"""The bounds of calls of built-in functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from expressions import ast
from expressions.costs import BY_ARGUMENT, COSTS, LETTERS, PRINTING, SELECTING, Rate
from expressions.estimate import Estimator, Rule
from expressions.estimate_updates import assign, delete
from expressions.flows import NO_SIZE, NOTHING, SCALAR, Flow, Part, Size, Unbounded

#: What one step of `first`, `limit`, `any` and the like adds.
_STREAM_NS = 1500.0
_JOIN_NS, _JOIN_COPY_NS = 6000.0, 0.05
_ADD_NS, _MERGED = 2000.0, Rate(5.0, 1000.0)
#: Sorting compares scalars only, or gives up.
_KEY_NS = 1500.0
_SORTED_KINDS = ("object", "array")
_GUARD_NS = 1500.0

_Arguments = tuple[ast.Node, ...]
_CallRule = Callable[[Estimator, ast.Call, Flow], Flow]


def _call(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    name = f"{node.name}/{len(node.arguments)}"
    if name in SELECTING:
        walk.spend(inputs.count * _STREAM_NS)
        return inputs
    if name in _SAME_AS:
        return walk.flow(_SAME_AS[name](node.at, node.arguments), inputs)
    if name in _CALLS:
        return _CALLS[name](walk, node, inputs)
    cost = COSTS.get(name)
    if cost is None:
        raise Unbounded(node.at, f"`{node.name}`")
    return walk.charge(cost, inputs, walk.operands(node.arguments, inputs))


def _sort(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    cost = COSTS[f"{node.name}/0"]
    if walk.guard(node, _SORTED_KINDS):
        walk.spend(inputs.total.nodes * _GUARD_NS)
        cost = replace(cost, pair_ns=0.0)
    return walk.charge(cost, inputs, Part(inputs.each(NO_SIZE), True))


def _sort_by(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    cost = BY_ARGUMENT[f"{node.name}/1"]
    items = walk.flow(ast.Iterate(at=node.at, target=_here(node.at)), inputs)
    keys = walk.flow(node.arguments[0], items)
    if walk.guard(node, _SORTED_KINDS):
        walk.spend(keys.count * _GUARD_NS)
    else:
        walk.spend(items.count * keys.biggest.nodes * cost.pair_ns)
    walk.spend(keys.count * _KEY_NS + LETTERS.of(keys.total))
    return walk.charge(replace(cost, pair_ns=0.0), inputs, Part(inputs.each(NO_SIZE), True))


def _select(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    condition = walk.part(node.arguments[0], inputs)
    return inputs if condition.single else inputs.spread(inputs.count * condition.flow.count)


def _any(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    items = walk.flow(node.arguments[0], inputs)
    verdicts = walk.flow(node.arguments[1], items)
    walk.spend((items.count + verdicts.count) * _STREAM_NS)
    return inputs.each(SCALAR)


def _is_empty(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    items = walk.flow(node.arguments[0], inputs)
    walk.spend((items.count + inputs.count) * _STREAM_NS)
    return inputs.each(SCALAR)


def _first(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    items = walk.flow(node.arguments[0], inputs)
    walk.spend((inputs.count + items.count) * _STREAM_NS)
    return Flow(inputs.count, items.biggest, items.total.or_smaller(items.biggest.times(inputs.count)))


def _limit(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    count, stream = node.arguments
    if not walk.shapes.of(count).single:
        raise Unbounded(node.at, f"`{node.name}` with several counts")
    walk.flow(count, inputs)
    items = walk.flow(stream, inputs)
    walk.spend(items.count * _STREAM_NS * 2.0)
    return items


def _join(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    separator = walk.part(node.arguments[0], inputs)
    if not separator.single:
        raise Unbounded(node.at, "`join` with several separators")
    items = inputs.total.nodes
    between = Size(separator.flow.biggest.bytes * items, 0.0)
    result = Flow(inputs.count, inputs.biggest.plus(between), inputs.total.plus(between)).plus(SCALAR)
    walk.spend(items * (_JOIN_NS + result.biggest.bytes * _JOIN_COPY_NS))
    return result


def _add(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    items = walk.flow(node.arguments[0], inputs)
    walk.spend(items.count * _ADD_NS + _MERGED.of(items.total))
    return Flow(inputs.count, items.total, items.total).plus(SCALAR)


def _error(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    for argument in node.arguments:
        message = walk.flow(argument, inputs)
        walk.spend(2.0 * PRINTING.of(message.total))
    walk.spend(2.0 * PRINTING.of(inputs.total))
    return NOTHING


def _range(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    """Bound a range between numbers in the text of the program."""
    if not all(isinstance(bound, ast.Number) for bound in node.arguments):
        raise Unbounded(node.at, "`range` with a computed bound")
    bounds = [float(bound.text) for bound in node.arguments if isinstance(bound, ast.Number)]
    low, high = (0.0, bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
    items = inputs.times(max(high - low, 0.0) + 1.0).each(SCALAR)
    walk.spend(items.count * _STREAM_NS)
    return items


def _delete(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    return delete(walk, node.arguments[0], inputs)


def _map_values(walk: Estimator, node: ast.Call, inputs: Flow) -> Flow:
    target = ast.Iterate(at=node.at, target=_here(node.at))
    return assign(walk, ast.Assign(at=node.at, operator="|=", target=target, value=node.arguments[0]), inputs)


def _here(at: int) -> ast.Node:
    return ast.Identity(at=at)


def _items(at: int) -> ast.Node:
    return ast.Iterate(at=at, target=_here(at))


def _named(at: int, name: str, *arguments: ast.Node) -> ast.Node:
    return ast.Call(at=at, name=name, arguments=arguments)


def _map(at: int, arguments: _Arguments) -> ast.Node:
    return ast.Array(at=at, body=ast.Pipe(at=at, parts=(_items(at), arguments[0])))


def _with_entries(at: int, arguments: _Arguments) -> ast.Node:
    parts = (_named(at, "to_entries"), _map(at, arguments), _named(at, "from_entries"))
    return ast.Pipe(at=at, parts=parts)


def _in(at: int, arguments: _Arguments) -> ast.Node:
    source, stream = arguments if len(arguments) == 2 else (arguments[0], _here(at))
    return _named(at, "any", ast.Binary(at=at, operator="==", left=source, right=stream), _here(at))


#: Functions that are written in terms of others.
_SAME_AS: dict[str, Callable[[int, _Arguments], ast.Node]] = {
    "map/1": _map,
    "with_entries/1": _with_entries,
    "nth/1": lambda at, arguments: ast.Index(at=at, target=_here(at), key=arguments[0]),
    "IN/1": _in,
    "IN/2": _in,
    "any/0": lambda at, _arguments: _named(at, "any", _items(at), _here(at)),
    "all/0": lambda at, _arguments: _named(at, "any", _items(at), _here(at)),
    "any/1": lambda at, arguments: _named(at, "any", _items(at), arguments[0]),
    "all/1": lambda at, arguments: _named(at, "any", _items(at), arguments[0]),
}
_CALLS: dict[str, _CallRule] = {
    **dict.fromkeys("sort/0 unique/0 min/0 max/0".split(), _sort),
    **dict.fromkeys(BY_ARGUMENT, _sort_by),
    "select/1": _select,
    "any/2": _any,
    "all/2": _any,
    "isempty/1": _is_empty,
    **dict.fromkeys("first/1 last/1".split(), _first),
    **dict.fromkeys("limit/2 skip/2 nth/2".split(), _limit),
    "join/1": _join,
    "add/1": _add,
    "range/1": _range,
    "range/2": _range,
    "empty/0": lambda _walk, _node, _inputs: NOTHING,
    "error/0": _error,
    "error/1": _error,
    "del/1": _delete,
    "map_values/1": _map_values,
}
CALL_RULES: dict[type, Rule] = {ast.Call: _call}
