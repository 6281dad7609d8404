"""The bounds of assignments and deletions: one step for each path."""

from __future__ import annotations

from dataclasses import dataclass

from expressions import ast
from expressions.costs import COPYING, KEY_NS, PATH_NS
from expressions.estimate import Estimator, Rule
from expressions.estimate_operators import arithmetic
from expressions.flows import NO_SIZE, Flow, Size, Unbounded, both

#: The largest index that may be assigned to in process: jq fills an array with nulls up to it.
MAX_INDEX = 100
#: What one assigned path can add besides its value: nulls up to an index, and the punctuation around new keys.
_FILLED = Size(5.0 * MAX_INDEX + 25.0, 1.0 * MAX_INDEX + 1.0)
_HERE = ast.Identity(at=0)


@dataclass(frozen=True, slots=True)
class _Places:
    """The values that paths lead to, and the size of the keys that each path may create."""

    values: Flow
    keys: Size


def assign(walk: Estimator, node: ast.Assign, inputs: Flow) -> Flow:
    """Give the bounds of an assignment of any kind."""
    places = _places(walk, node.target, inputs)
    _charge(walk, places, inputs)
    new = walk.flow(node.value, places.values) if node.operator == "|=" else _computed(walk, node, places, inputs)
    count = places.values.count
    added = new.biggest.plus(_FILLED).plus(places.keys).times(count)
    return Flow(inputs.count, inputs.biggest.plus(added), inputs.total.plus(added))


def delete(walk: Estimator, target: ast.Node, inputs: Flow) -> Flow:
    """Give the bounds of `del(target)`."""
    _charge(walk, _places(walk, target, inputs), inputs)
    return inputs


def _computed(walk: Estimator, node: ast.Assign, places: _Places, inputs: Flow) -> Flow:
    """Give the bounds of each new value of `=`, `+=` and the like, whose right side is evaluated once."""
    value = walk.part(node.value, inputs)
    if not value.single:
        raise Unbounded(node.at, "an assignment of several values")
    once = value.flow.spread(places.values.count)
    if node.operator == "=":
        return once
    pairs = Flow(once.count, places.values.biggest.plus(once.biggest), places.values.total.plus(once.total))
    if node.operator == "//=":
        return pairs
    operation = ast.Binary(at=node.at, operator=node.operator[:-1], left=_HERE, right=node.value)
    with walk.protected(inputs):
        return arithmetic(walk, operation, pairs)


def _charge(walk: Estimator, places: _Places, inputs: Flow) -> None:
    walk.spend(places.values.count * PATH_NS + 20.0 * COPYING.of(inputs.total))


def _places(walk: Estimator, node: ast.Node, inputs: Flow) -> _Places:
    """Give what a path expression leads to. Raises `Unbounded` for all but plain paths."""
    match node:
        case ast.Identity():
            return _Places(inputs, NO_SIZE)
        case ast.Index(target=target, key=key) if _is_plain(key):
            return _further(walk, ast.Index(at=node.at, target=_HERE, key=key), _places(walk, target, inputs))
        case ast.Iterate(target=target):
            return _further(walk, ast.Iterate(at=node.at, target=_HERE), _places(walk, target, inputs))
        case ast.Pipe(parts=parts):
            return _piped(walk, parts, inputs)
        case ast.Comma(parts=parts):
            found = [_places(walk, part, inputs) for part in parts]
            return _Places(both([places.values for places in found]), _largest(found))
        case ast.Call(name="select", arguments=(condition,)) if walk.shapes.of(condition).single:
            walk.flow(condition, inputs)
            return _Places(inputs, NO_SIZE)
        case ast.Call(name="first" | "last", arguments=()):
            return _Places(walk.flow(node, inputs), NO_SIZE)
    raise Unbounded(node.at, "an assignment to a computed path")


def _further(walk: Estimator, step: ast.Index | ast.Iterate, before: _Places) -> _Places:
    walk.spend(before.values.count * KEY_NS)
    letters = sum(map(len, _letters(step.key))) if isinstance(step, ast.Index) else 0
    return _Places(walk.flow(step, before.values), before.keys.plus(Size(6.0 * letters + 8.0, 1.0)))


def _piped(walk: Estimator, parts: tuple[ast.Node, ...], inputs: Flow) -> _Places:
    keys = NO_SIZE
    for part in parts:
        places = _places(walk, part, inputs)
        inputs, keys = places.values, keys.plus(places.keys)
    return _Places(inputs, keys)


def _largest(found: list[_Places]) -> Size:
    largest = NO_SIZE
    for places in found:
        largest = largest.or_larger(places.keys)
    return largest


def _is_plain(key: ast.Node) -> bool:
    """Tell whether a key is a name, or an index small enough to fill an array up to it."""
    if isinstance(key, ast.Text):
        return len(_letters(key)) == len(key.parts)
    return isinstance(key, ast.Number) and float(key.text) <= MAX_INDEX


def _letters(key: ast.Node) -> list[str]:
    return [part for part in key.parts if isinstance(part, str)] if isinstance(key, ast.Text) else []


UPDATE_RULES: dict[type, Rule] = {ast.Assign: assign}
