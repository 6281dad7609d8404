"""Plain YAML scalars as YAML 1.2's core schema resolves them (https://yaml.org/spec/1.2.2/#103-core-schema)."""

from __future__ import annotations

import math
import re

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
#: A scalar that starts with none of these is text.
_SPECIAL = frozenset("-+.0123456789~nNtTfF")

Scalar = str | int | float | bool | None
#: The tags of the core schema that an author may write out.
TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null")}


class NotJson(ValueError):
    """The scalar has no value in JSON."""


def resolve(text: str, max_digits: int) -> Scalar:
    """Give the value of a plain scalar. Raises `NotJson` for infinities, not-a-number and numbers without end."""
    if text and text[0] not in _SPECIAL:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    return _number(text, max_digits)


def tagged(text: str, kind: str, max_digits: int) -> Scalar:
    """Give the value of a scalar whose author wrote its type, such as `!!str`. Raises `NotJson` if it is not one."""
    if kind == "str":
        return text
    value = resolve(text, max_digits)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    names = {int: "int", float: "float", bool: "bool", type(None): "null"}
    if names.get(type(value)) != kind:
        raise NotJson(f'"{text[:40]}" is no {kind}')
    return value


def _number(text: str, max_digits: int) -> Scalar:
    if _NOT_FINITE.fullmatch(text):
        raise NotJson(f"{text} is no number that JSON knows; write it as text, in quotes")
    base = (
        10 if _DECIMAL.fullmatch(text) else 8 if _OCTAL.fullmatch(text) else 16 if _HEXADECIMAL.fullmatch(text) else 0
    )
    if not base and not _FLOAT.fullmatch(text):
        return text
    if len(text) > max_digits:
        raise NotJson(f"a number of {len(text)} digits; the limit is {max_digits}: write it as text, in quotes")
    return int(text if base == 10 else text[2:], base) if base else _finite(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJson(f"{text} is too large for a number; write it as text, in quotes")
    return value
