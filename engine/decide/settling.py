"""What a value of a document in loose mode is: each text in it an expression if it is a program, else a text.

An expression that fails gives its own text, as the standard has it; see docs/reference/runtime-semantics.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.definition.listening import is_pattern
from engine.definition.model import EventFilter, Value
from engine.definition.values import split_secrets, text_of
from engine.templates import expression

#: Tells whether a text is a program that can be evaluated where it stands.
Evaluable = Callable[[str], bool]


def settled(value: Value, evaluable: Evaluable) -> Value:
    """Give a value as a constant or one program, each text in it tried."""
    if value.loose is None:
        return value
    part = json.loads(value.loose)
    if isinstance(part, str):
        return Value(source=_tried(part)) if evaluable(expression(part)) else Value(constant=value.loose)
    program = _program(part, evaluable)
    return Value(constant=value.loose) if program is None else Value(source=program)


def settled_arguments(value: Value, evaluable: Evaluable) -> tuple[Value, tuple[tuple[str, str], ...]]:
    """Give the arguments of a call without the expressions that need secrets, and those: pointers and programs."""
    if value.loose is None:
        return value, ()
    plain, found = split_secrets(json.loads(value.loose), lambda text: evaluable(expression(text)))
    return settled(Value(loose=text_of(plain)), evaluable), tuple((at, _guarded(source)) for at, source in found)


def settled_filter(wanted: EventFilter, evaluable: Evaluable) -> EventFilter:
    """Give a filter whose texts are told apart: programs become conditions."""
    if not wanted.loose:
        return wanted
    programs = [(name, _tried(text)) for name, text in wanted.loose if evaluable(expression(text))]
    texts = [(name, text) for name, text in wanted.loose if not evaluable(expression(text))]
    plain = [(name, Value(constant=text_of(text))) for name, text in texts if not is_pattern(name, text)]
    return replace(
        wanted,
        matches=(*wanted.matches, *plain),
        patterns=(*wanted.patterns, *((name, text) for name, text in texts if is_pattern(name, text))),
        conditions=(*wanted.conditions, *programs),
        loose=(),
    )


def _program(part: Any, evaluable: Evaluable) -> str | None:
    """Give the program that builds a value, `None` if there is no expression in it."""
    match part:
        case str():
            return f"first(({_tried(part)}),null)" if evaluable(expression(part)) else None
        case dict():
            programs = {key: _program(item, evaluable) for key, item in part.items()}
            if not any(programs.values()):
                return None
            items = (f"{text_of(key)}:{programs[key] or text_of(item)}" for key, item in part.items())
            return "{" + ",".join(items) + "}"
        case list():
            found = [_program(item, evaluable) for item in part]
            if not any(found):
                return None
            return "[" + ",".join(made or text_of(item) for made, item in zip(found, part, strict=True)) + "]"
        case _:
            return None


def _tried(text: str) -> str:
    """Give the program of a text that falls back on the text."""
    return f"try ({expression(text)}\n\n) catch {text_of(text)}"


def _guarded(source: str) -> str:
    return f"try ({source}\n\n) catch {text_of(source)}"
