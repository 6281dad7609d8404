"""Runtime expressions inside values of a document: telling them from plain text, and making one program of a value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_EXPRESSION = re.compile(r"\s*\$\{(.*)\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A value of a document: either a constant (JSON text) or the source of the one jq program that builds it."""

    constant: str | None = None
    source: str | None = None


def is_expression(text: str) -> bool:
    """Tell whether the whole text, but for white space around it, is `${ ... }`."""
    return _EXPRESSION.fullmatch(text) is not None


def expression(text: str) -> str:
    """Give the jq program in `${ ... }`, or the text itself where an expression needs no such mark."""
    marked = _EXPRESSION.fullmatch(text)
    return (marked.group(1) if marked else text).strip()


def template(value: Any) -> Template:
    """Give a JSON-like value as a constant, or as one program where any string in it is an expression.

    Each inner expression gives its first result, `null` if it has none. Keys are never expressions.
    Raises `ValueError` for numbers that JSON does not know.
    """
    if not _holds_expression(value):
        return Template(constant=_json(value))
    if isinstance(value, str):
        return Template(source=expression(value))
    return Template(source=_program(value))


def _holds_expression(value: Any) -> bool:
    if isinstance(value, str):
        return is_expression(value)
    if isinstance(value, dict):
        return any(map(_holds_expression, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_expression, value))


def _program(value: Any) -> str:
    if not _holds_expression(value):
        return _json(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(str(key))}:{_program(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_program, value)) + "]"
    # Two line ends, because a comment may end with a backslash, which continues it on the next line.
    return f"first(({expression(value)}\n\n),null)"


def _json(value: Any) -> str:
    # A jq string is a JSON string: `\(` cannot come up, because every backslash of the text is written twice.
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
