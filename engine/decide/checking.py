"""Validation while a command is decided, of what nobody can wait for outside."""

from __future__ import annotations

from engine.errors import EvaluateOutside
from engine.ports import Validator

TOO_LONG = "/: the value cannot be validated in time: make the schema simpler or the data smaller"


def violations_now(validator: Validator, schema: str, data: str) -> list[str]:
    """Give the violations; what takes too long to find out is one."""
    try:
        return validator.violations(schema, data)
    except EvaluateOutside:
        return [TOO_LONG]
