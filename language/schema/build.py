"""Builders for the pieces of the language's JSON Schema.

Some keywords are our own, and only annotations for anybody else:

- `x-expression: program`: the text is a program of the expression language even without `${ }` around it.
- `x-expression: transformation`: the same, but in loose mode it may also be a text.
- `x-expression: none`: nothing in this value is ever evaluated.
- `x-refers: KIND`: the text is the name of something in `use.KIND`.

Elsewhere a text is an expression when it is written as `${ ... }` from its first to its last character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

EXPRESSION = "#/$defs/expression"
#: A text that is an expression as a whole.
EXPRESSION_PATTERN = r"^\s*\$\{[\s\S]*\}\s*$"


def ref(name: str, description: str = "") -> Schema:
    """Refer to a definition of the language's schema."""
    found: Schema = {"$ref": f"#/$defs/{name}"}
    return {**found, "description": description} if description else found


def text(description: str, **more: Any) -> Schema:
    """A text."""
    return {"type": "string", "description": description, **more}


def fixed_text(description: str, **more: Any) -> Schema:
    """A text that is never evaluated: a name, a version, prose."""
    return text(description, **{"x-expression": "none"}, **more)


def named(description: str, kind: str, noun: str) -> Schema:
    """The name of something that is defined in `use`."""
    return fixed_text(description, minLength=1, title=noun, **{"x-refers": kind})


def program(description: str, **more: Any) -> Schema:
    """A text that is always a program, with or without `${ }`."""
    return text(description, **{"x-expression": "program"}, minLength=1, **more)


def transformation(description: str) -> Schema:
    """A text that is a program, with or without `${ }`; in loose mode one that is none stays a text."""
    return text(description, **{"x-expression": "transformation"}, minLength=1)


def variable(description: str, default: str) -> Schema:
    """The name of a variable for expressions, without the dollar."""
    return fixed_text(description, pattern="^[A-Za-z_][A-Za-z0-9_]*$", default=default, title="variable name")


def whole(description: str, minimum: int | None = None, **more: Any) -> Schema:
    """A whole number."""
    bound = {} if minimum is None else {"minimum": minimum}
    return {"type": "integer", "description": description, **bound, **more}


def flag(description: str, **more: Any) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description, **more}


def choice(description: str, values: Sequence[str], **more: Any) -> Schema:
    """One of some words."""
    return text(description, enum=list(values), **more)


def anything(description: str, **more: Any) -> Schema:
    """Any value; `${ }` in it is evaluated."""
    return {"description": description, **more}


def prose(description: str) -> Schema:
    """Any mapping; nothing in it is evaluated."""
    return {"type": "object", "description": description, "x-expression": "none"}


def listing(description: str, items: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "description": description, "items": items, **more}


def table(description: str, values: Schema, **more: Any) -> Schema:
    """A mapping with keys of the author's choice."""
    return {"type": "object", "description": description, "additionalProperties": values, **more}


def record(description: str, properties: Mapping[str, Schema], required: Sequence[str] = (), **more: Any) -> Schema:
    """A mapping with these keys and no others."""
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        **needed,
        "additionalProperties": False,
        **more,
    }


def exactly_one(*groups: Sequence[str]) -> list[Schema]:
    """For `oneOf`: exactly one of these groups of keys, whole."""
    return [{"required": list(group)} for group in groups]


def either(description: str, *branches: Schema, **more: Any) -> Schema:
    """A value of one of several shapes that differ in their JSON type."""
    return {"description": description, "anyOf": list(branches), **more}


def or_expression(schema: Schema) -> Schema:
    """The value itself, or an expression that gives it."""
    inner = dict(schema)
    return either(inner.pop("description"), {"$ref": EXPRESSION}, inner)
