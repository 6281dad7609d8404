"""Turning parts of a document into constants and jq programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from engine.definition.loose import LooseText, holds_loose
from engine.definition.model import Value
from engine.templates import expression, is_expression, template

_SECRETS = re.compile(r"\$(?:secrets|authorization)\b")
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def text_of(value: object) -> str:
    """Give a JSON-like value as compact JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def value_of(part: object) -> Value:
    """Give any part of a document, with the expressions in it, as one value."""
    if holds_loose(part):
        return Value(loose=text_of(part))
    made = template(part)
    return Value(constant=made.constant, source=made.source)


def program_of(text: str) -> str:
    """Give the program of a place that always holds an expression, such as `when`, with or without `${ }`."""
    return expression(text)


def transformation_of(part: object) -> Value:
    """Give a value for `from` and `as`: a string is an expression, an object may hold expressions."""
    if isinstance(part, str) and not isinstance(part, LooseText):
        return Value(source=program_of(part))
    return value_of(part)


def uri_expression(uri: str) -> str:
    """Give a URI template with `{name}` variables as a runtime expression that fills them from the data.

    A variable that is not there leaves nothing in its place (RFC 6570), whatever kind of data it is not in.
    """
    if is_expression(uri) or not _VARIABLE.search(uri):
        return uri
    parts, end = [], 0
    for match in _VARIABLE.finditer(uri):
        parts.append(json.dumps(uri[end : match.start()]))
        parts.append(f'([.{match.group(1)}?][0] | if . == null then "" else tostring end | @uri)')
        end = match.end()
    parts.append(json.dumps(uri[end:]))
    return "${ " + " + ".join(parts) + " }"


def split_secrets(
    part: Any, is_program: Callable[[str], bool] = is_expression, pointer: str = ""
) -> tuple[Any, list[tuple[str, str]]]:
    """Take expressions that use `$secrets` or `$authorization` out: (`part` without them, their pointers, programs)."""
    if isinstance(part, str):
        if _SECRETS.search(part) and is_program(part):
            return None, [(pointer, program_of(part))]
        return part, []
    found: list[tuple[str, str]] = []
    if isinstance(part, dict):
        plain: dict[str, Any] = {}
        for key, item in part.items():
            at = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            plain[key], below = split_secrets(item, is_program, at)
            found += below
        return plain, found
    if isinstance(part, list):
        items = []
        for index, item in enumerate(part):
            kept, below = split_secrets(item, is_program, f"{pointer}/{index}")
            items.append(kept)
            found += below
        return items, found
    return part, []
