"""Parses the patterns behind `as`."""

from __future__ import annotations

from expressions.ast import ArrayPattern, NamePattern, Node, ObjectPattern, Pattern, Text
from expressions.cursor import Cursor
from expressions.objects import string

_A_PATTERN = "a pattern: `$name`, `[...]` or `{...}`"


def patterns(cursor: Cursor) -> tuple[Pattern, ...]:
    """Parse a pattern and its alternatives, which `?//` joins."""
    found = [_pattern(cursor)]
    while cursor.accept("?//"):
        found.append(_pattern(cursor))
    return tuple(found)


def _pattern(cursor: Cursor) -> Pattern:
    at = cursor.token.start
    with cursor.nested():
        if cursor.token.kind == "variable":
            return NamePattern(at=at, name=cursor.take().text[1:])
        if cursor.accept("["):
            items = [_pattern(cursor)]
            while cursor.accept(","):
                items.append(_pattern(cursor))
            cursor.expect("]")
            return ArrayPattern(at=at, items=tuple(items))
        if cursor.accept("{"):
            fields = [_field(cursor)]
            while cursor.accept(","):
                fields.append(_field(cursor))
            cursor.expect("}")
            return ObjectPattern(at=at, fields=tuple(fields))
        raise cursor.mistake(_A_PATTERN)


def _field(cursor: Cursor) -> tuple[Node, str, Pattern | None]:
    """Give key, name to bind (or nothing) and pattern (or none) of one field of an object pattern."""
    token = cursor.token
    if token.kind == "variable":
        name = cursor.take().text[1:]
        inner = _pattern(cursor) if cursor.accept(":") else None
        return Text(at=token.start, parts=(name,)), name, inner
    key = _key(cursor)
    cursor.expect(":")
    return key, "", _pattern(cursor)


def _key(cursor: Cursor) -> Node:
    token = cursor.token
    if cursor.sees_string():
        return string(cursor)
    if cursor.accept("("):
        key = cursor.query()
        cursor.expect(")")
        return key
    if token.kind in {"name", "keyword"}:
        return Text(at=token.start, parts=(cursor.take().text,))
    raise cursor.mistake("a key: a name, a string, `$name` or an expression in parentheses")
