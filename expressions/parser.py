"""Parses jq programs: queries and operators. Terms are in `terms.py`, patterns behind `as` in `patterns.py`.

Precedence, loosest first: `def`, `as` and `label` (they take all that follows), `|`, `,`, `//` (to the right),
assignments (not chained), `or`, `and`, comparisons (not chained), `+ -`, `* / %`, then `-x`, `try x` and suffixes.
"""

from __future__ import annotations

from expressions.ast import Assign, Binary, Bind, Comma, Define, Label, Node, Pipe
from expressions.cursor import Cursor, Grammar
from expressions.errors import Mistake
from expressions.patterns import patterns
from expressions.terms import suffixed
from expressions.walking import levels

#: The longest expression, in characters.
MAX_LENGTH = 65_536
#: The most operators of one level in a row.
MAX_CHAIN = 100
#: The most nodes of a syntax tree, and the most levels: jq compiles in a time that grows faster than its program.
MAX_NODES, MAX_LEVELS = 6_000, 120

_ASSIGNMENTS = ("=", "|=", "+=", "-=", "*=", "/=", "%=", "//=")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_LEVELS = {
    "//": 1,
    **dict.fromkeys(_ASSIGNMENTS, 2),
    "or": 3,
    "and": 4,
    **dict.fromkeys(_COMPARISONS, 5),
    **dict.fromkeys(("+", "-"), 6),
    **dict.fromkeys(("*", "/", "%"), 7),
}
_RIGHT, _UNCHAINED = {1}, {2, 5}


def parse(source: str) -> Node:
    """Give the tree of a jq program. Raises `Mistake` at the first thing that does not fit."""
    if len(source) > MAX_LENGTH:
        raise Mistake(at=MAX_LENGTH, expected=f"at most {MAX_LENGTH} characters", found=f"{len(source)}")
    cursor = Cursor(source, _GRAMMAR)
    try:
        node = query(cursor)
    except RecursionError:
        raise Mistake(at=cursor.token.start, expected="less nesting", found="too many levels") from None
    if cursor.token.kind != "end":
        raise cursor.mistake("an operator or the end of the expression")
    _check_size(node)
    return node


def _check_size(root: Node) -> None:
    nodes = 0
    for depth, level in enumerate(levels(root)):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise Mistake(at=level[0].at, expected=f"at most {MAX_NODES} literals, names and operators", found="more")
        if depth >= MAX_LEVELS:
            raise Mistake(at=level[0].at, expected=f"at most {MAX_LEVELS} levels of nesting", found="more")


def query(cursor: Cursor) -> Node:
    """Parse steps joined by `,` and `|`."""
    at = cursor.token.start
    piped = [_alternatives(cursor)]
    while cursor.accept("|"):
        piped.append(_alternatives(cursor))
    return piped[0] if len(piped) == 1 else Pipe(at=at, parts=tuple(piped))


def operation(cursor: Cursor, least: int = 1) -> Node:
    """Parse operators that bind at least as tight as the level `least`."""
    at = cursor.token.start
    left = suffixed(cursor)
    for _ in range(MAX_CHAIN):
        level = _LEVELS.get(cursor.symbol, 0)
        if level < least:
            return left
        operator = cursor.take().text
        right = operation(cursor, level if level in _RIGHT else level + 1)
        if level in _UNCHAINED and _LEVELS.get(cursor.symbol) == level:
            raise cursor.mistake("parentheses: these operators cannot be chained")
        left = _joined(at, operator, left, right)
    raise cursor.mistake(f"at most {MAX_CHAIN} operators in a row")


def _joined(at: int, operator: str, left: Node, right: Node) -> Node:
    if operator in _ASSIGNMENTS:
        return Assign(at=at, operator=operator, target=left, value=right)
    return Binary(at=at, operator=operator, left=left, right=right)


def _alternatives(cursor: Cursor) -> Node:
    at = cursor.token.start
    parts = [_step(cursor)]
    while cursor.accept(","):
        parts.append(_step(cursor))
    return parts[0] if len(parts) == 1 else Comma(at=at, parts=tuple(parts))


def _step(cursor: Cursor) -> Node:
    at = cursor.token.start
    if cursor.accept("def"):
        return _definition(cursor, at)
    if cursor.accept("label"):
        name = cursor.expect_kind("variable", "a label such as `$out`").text[1:]
        cursor.expect("|")
        return Label(at=at, name=name, body=_rest(cursor))
    source = operation(cursor)
    if not cursor.accept("as"):
        return source
    names = patterns(cursor)
    cursor.expect("|")
    return Bind(at=at, source=source, patterns=names, body=_rest(cursor))


def _definition(cursor: Cursor, at: int) -> Node:
    name = cursor.expect_kind("name", "the name of a function").text
    parameters: list[str] = []
    if cursor.accept("("):
        parameters.append(_parameter(cursor))
        while cursor.accept(";"):
            parameters.append(_parameter(cursor))
        cursor.expect(")")
    cursor.expect(":")
    body = _rest(cursor)
    cursor.expect(";")
    return Define(at=at, name=name, parameters=tuple(parameters), body=body, rest=_rest(cursor))


def _rest(cursor: Cursor) -> Node:
    """Parse everything that follows, in which the names before it hold."""
    with cursor.nested():
        return query(cursor)


def _parameter(cursor: Cursor) -> str:
    if cursor.token.kind not in {"name", "variable"}:
        raise cursor.mistake("a parameter: `f` or `$f`")
    return cursor.take().text


_GRAMMAR = Grammar(query=query, operation=operation)
