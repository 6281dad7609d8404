"""Parses the terms of jq: literals, paths with their suffixes, calls and control structures."""

from __future__ import annotations

from collections.abc import Callable

from expressions.ast import (
    Array,
    Break,
    Call,
    Constant,
    Descend,
    Encode,
    Foreach,
    Identity,
    If,
    Index,
    Iterate,
    Negate,
    Node,
    Number,
    Place,
    Reduce,
    Slice,
    Text,
    Try,
    Variable,
)
from expressions.constants import folded
from expressions.cursor import MAX_NESTING, Cursor
from expressions.objects import object_of, string
from expressions.patterns import patterns

_CONSTANTS = frozenset({"true", "false", "null"})
_A_TERM = "an expression"


def suffixed(cursor: Cursor) -> Node:
    """Parse a term and everything that follows it directly: `.a`, `[...]`, `?`."""
    at = cursor.token.start
    with cursor.nested():
        node = _term(cursor)
        for _ in range(2 * MAX_NESTING):
            following = _suffix(cursor, at, node)
            if following is None:
                return node
            node = following
    raise cursor.mistake(f"at most {2 * MAX_NESTING} steps of a path")


def _suffix(cursor: Cursor, at: int, target: Node) -> Node | None:
    if cursor.token.kind == "field":
        name = cursor.take()
        key = Text(at=name.start, parts=(name.text[1:],))
        return Index(at=at, target=target, key=key, quiet=cursor.accept("?"))
    if cursor.accept("?"):
        return Try(at=at, body=target)
    if cursor.accept("["):
        return _bracket(cursor, at, target)
    if cursor.accept("."):
        return _dotted(cursor, at, target)
    return None


def _dotted(cursor: Cursor, at: int, target: Node) -> Node:
    if cursor.sees_string():
        return Index(at=at, target=target, key=string(cursor), quiet=cursor.accept("?"))
    if not cursor.accept("["):
        raise cursor.mistake('a name, `"` or `[`')
    node = _bracket(cursor, at, target)
    if isinstance(node, Slice):
        raise cursor.mistake("a slice without a dot before its bracket: `[from:to]`")
    return node


def _bracket(cursor: Cursor, at: int, target: Node) -> Node:
    """Parse what follows an opening bracket behind a term."""
    if cursor.accept("]"):
        return Iterate(at=at, target=target, quiet=cursor.accept("?"))
    if cursor.accept(":"):
        high = cursor.query()
        cursor.expect("]")
        return Slice(at=at, target=target, low=None, high=high, quiet=cursor.accept("?"))
    key = cursor.query()
    if cursor.accept(":"):
        upper = None if cursor.sees("]") else cursor.query()
        cursor.expect("]")
        return Slice(at=at, target=target, low=key, high=upper, quiet=cursor.accept("?"))
    cursor.expect("]")
    return Index(at=at, target=target, key=key, quiet=cursor.accept("?"))


def _term(cursor: Cursor) -> Node:
    if cursor.sees_string():
        return string(cursor)
    parse = _KINDS.get(cursor.token.kind) or _WORDS.get(cursor.token.text)
    if parse is None or cursor.token.kind in {"end", "literal"}:
        raise cursor.mistake(_A_TERM)
    return parse(cursor)


def _field(cursor: Cursor) -> Node:
    token = cursor.take()
    key = Text(at=token.start, parts=(token.text[1:],))
    return Index(at=token.start, target=Identity(at=token.start), key=key, quiet=cursor.accept("?"))


def _number(cursor: Cursor) -> Node:
    token = cursor.take()
    return Number(at=token.start, text=token.text)


def _encode(cursor: Cursor) -> Node:
    token = cursor.take()
    return Encode(at=token.start, name=token.text[1:])


def _variable(cursor: Cursor) -> Node:
    token = cursor.take()
    if token.text == "$__loc__":
        return Place(at=token.start, line=cursor.line_of(token))
    return Variable(at=token.start, name=token.text[1:])


def _name(cursor: Cursor) -> Node:
    token = cursor.take()
    if not cursor.accept("("):
        constant = token.text in _CONSTANTS
        return Constant(at=token.start, text=token.text) if constant else Call(at=token.start, name=token.text)
    arguments = [cursor.query()]
    while cursor.accept(";"):
        arguments.append(cursor.query())
    cursor.expect(")")
    return Call(at=token.start, name=token.text, arguments=tuple(arguments))


def _dot(cursor: Cursor) -> Node:
    at = cursor.take().start
    if cursor.sees_string():
        return Index(at=at, target=Identity(at=at), key=string(cursor), quiet=cursor.accept("?"))
    return Identity(at=at)


def _negate(cursor: Cursor) -> Node:
    at = cursor.take().start
    return Negate(at=at, body=suffixed(cursor))


def _parentheses(cursor: Cursor) -> Node:
    cursor.take()
    node = cursor.query()
    cursor.expect(")")
    return node


def _array(cursor: Cursor) -> Node:
    at = cursor.take().start
    if cursor.accept("]"):
        return folded(Array(at=at, body=None))
    node = Array(at=at, body=cursor.query())
    cursor.expect("]")
    return folded(node)


def _if(cursor: Cursor) -> Node:
    at = cursor.token.start
    cases: list[tuple[Node, Node]] = []
    while cursor.accept("if" if not cases else "elif"):
        condition = cursor.query()
        cursor.expect("then")
        cases.append((condition, cursor.query()))
    otherwise = cursor.query() if cursor.accept("else") else None
    cursor.expect("end")
    return If(at=at, cases=tuple(cases), otherwise=otherwise)


def _try(cursor: Cursor) -> Node:
    at = cursor.take().start
    body = suffixed(cursor)
    return Try(at=at, body=body, handler=suffixed(cursor) if cursor.accept("catch") else None)


def _reduce(cursor: Cursor) -> Node:
    at = cursor.take().start
    source = cursor.operation()
    cursor.expect("as")
    names = patterns(cursor)
    cursor.expect("(")
    start = cursor.query()
    cursor.expect(";")
    update = cursor.query()
    cursor.expect(")")
    return Reduce(at=at, source=source, patterns=names, start=start, update=update)


def _foreach(cursor: Cursor) -> Node:
    at = cursor.take().start
    source = cursor.operation()
    cursor.expect("as")
    names = patterns(cursor)
    cursor.expect("(")
    start = cursor.query()
    cursor.expect(";")
    update = cursor.query()
    extract = cursor.query() if cursor.accept(";") else None
    cursor.expect(")")
    return Foreach(at=at, source=source, patterns=names, start=start, update=update, extract=extract)


def _break(cursor: Cursor) -> Node:
    at = cursor.take().start
    name = cursor.expect_kind("variable", "the label to break to, such as `$out`").text[1:]
    return Break(at=at, name=name)


def _descend(cursor: Cursor) -> Node:
    return Descend(at=cursor.take().start)


_KINDS: dict[str, Callable[[Cursor], Node]] = {
    "field": _field,
    "number": _number,
    "format": _encode,
    "variable": _variable,
    "name": _name,
}
_WORDS: dict[str, Callable[[Cursor], Node]] = {
    ".": _dot,
    "..": _descend,
    "-": _negate,
    "(": _parentheses,
    "[": _array,
    "{": object_of,
    "if": _if,
    "try": _try,
    "reduce": _reduce,
    "foreach": _foreach,
    "break": _break,
}
