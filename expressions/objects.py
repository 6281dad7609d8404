"""Parses strings with their interpolations, and objects."""

from __future__ import annotations

from expressions.ast import Entry, Identity, Index, Node, Object, Pipe, Place, Text, Variable
from expressions.constants import folded
from expressions.cursor import Cursor

#: jq compiles a string in a time that grows with the square of its interpolations.
MAX_INTERPOLATIONS = 200
_A_KEY = "a key: a name, a string, `$name` or an expression in parentheses"


def string(cursor: Cursor) -> Text:
    """Parse a string, with its format if it has one: `"a\\(.b)"`, `@uri "q=\\(.q)"`."""
    at = cursor.token.start
    encoding = cursor.take().text[1:] if cursor.token.kind == "format" else ""
    cursor.expect_kind("quote", "a string")
    parts: list[str | Node] = []
    while cursor.token.kind != "unquote":
        if cursor.token.kind == "literal":
            parts.append(cursor.take().text)
        else:
            cursor.expect_kind("open", "text")
            parts.append(cursor.query())
            cursor.expect_kind("close", "`)`, the end of the interpolation")
        if len(parts) > 2 * MAX_INTERPOLATIONS:
            raise cursor.mistake(f"at most {MAX_INTERPOLATIONS} interpolations in a string")
    cursor.take()
    return Text(at=at, parts=_merged(parts), encoding=encoding)


def object_of(cursor: Cursor) -> Node:
    """Parse `{...}`; a comma may follow the last entry."""
    at = cursor.expect("{").start
    entries: list[Entry] = []
    while not cursor.sees("}"):
        entries.append(_entry(cursor))
        if not cursor.sees("}"):
            cursor.expect(",")
    cursor.take()
    return folded(Object(at=at, entries=tuple(entries)))


def _entry(cursor: Cursor) -> Entry:
    at, kind = cursor.token.start, cursor.token.kind
    if cursor.sees_string():
        key: Node = string(cursor)
        return Entry(at=at, key=key, value=_value(cursor) if cursor.accept(":") else None)
    if cursor.accept("("):
        key = cursor.query()
        cursor.expect(")")
        cursor.expect(":")
        return Entry(at=at, key=key, value=_value(cursor))
    if kind in {"name", "keyword"}:
        return _named(cursor)
    if kind == "variable":
        return _from_variable(cursor)
    raise cursor.mistake(_A_KEY)


def _named(cursor: Cursor) -> Entry:
    token = cursor.take()
    key = Text(at=token.start, parts=(token.text,))
    if cursor.accept(":"):
        return Entry(at=token.start, key=key, value=_value(cursor))
    field = Index(at=token.start, target=Identity(at=token.start), key=key)
    return Entry(at=token.start, key=key, value=field)


def _from_variable(cursor: Cursor) -> Entry:
    token = cursor.take()
    at, name = token.start, token.text[1:]
    if name == "__loc__":
        return Entry(at=at, key=Text(at=at, parts=(name,)), value=Place(at=at, line=cursor.line_of(token)))
    variable = Variable(at=at, name=name)
    if cursor.accept(":"):
        return Entry(at=at, key=variable, value=_value(cursor))
    return Entry(at=at, key=Text(at=at, parts=(name,)), value=variable)


def _value(cursor: Cursor) -> Node:
    at = cursor.token.start
    parts = [cursor.operation()]
    while cursor.accept("|"):
        parts.append(cursor.operation())
    return parts[0] if len(parts) == 1 else Pipe(at=at, parts=tuple(parts))


def _merged(parts: list[str | Node]) -> tuple[str | Node, ...]:
    merged: list[str | Node] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)
