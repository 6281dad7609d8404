"""Texts: when one is an expression, and what its schema asks of it."""

from __future__ import annotations

import re
from typing import Any

from language.formats import FORMATS
from language.places import Path
from language.problems import Findings
from language.schema.build import EXPRESSION_PATTERN
from language.words import label, shortened

_EXPRESSION = re.compile(EXPRESSION_PATTERN)


def is_expression(text: str) -> bool:
    """Whether the text is an expression from its first to its last character."""
    return "${" in text and _EXPRESSION.match(text) is not None


def unwrapped(text: str) -> str:
    """Give the program in `${ }`, or the text itself, which is a program where the language says so."""
    return text.strip()[2:-1].strip() if is_expression(text) else text


def check_text(schema: dict[str, Any], value: str, path: Path, findings: Findings) -> None:
    """Check a text against its length, its choices, its pattern and its format."""
    found = f'"{shortened(value)}"'
    if len(value) < schema.get("minLength", 0):
        findings.at_value(path, f"{label(path)} is empty text; write something", expected="text", found="empty text")
    elif "enum" in schema and value not in schema["enum"]:
        choices = ", ".join(schema["enum"])
        hint = findings.suggestions.hint(value, schema["enum"])
        message = f"{label(path)} must be one of {choices}, not {found}{hint}"
        findings.at_value(path, message, expected=f"one of {choices}", found=found)
    elif fault := _fault(schema, value):
        findings.at_value(path, f"{label(path)} ({found}) {fault}", expected=str(schema.get("title", "")), found=found)


def _fault(schema: dict[str, Any], value: str) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]](value)
    pattern = schema.get("pattern")
    if pattern is None or re.search(pattern, value):
        return ""
    if schema.get("title") == "variable name":
        return "is no name for a variable; use letters, digits and _, do not start with a digit, and leave out the $"
    return 'is not supported; write "json"' if pattern.startswith("^json") else f"does not match {pattern}"
