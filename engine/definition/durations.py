"""Durations of the language: inline objects and ISO 8601 texts, in milliseconds."""

from __future__ import annotations

import json
import re
from typing import Any

from engine.definition.loose import LooseText
from engine.definition.model import Value
from engine.definition.values import program_of, value_of

_UNITS_MS = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000, "milliseconds": 1}

#: The longest duration there is: a hundred years.
DURATION_MAX_MS = 100 * 365 * 86_400_000

_ISO = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_ISO_MS = {"weeks": 7 * 86_400_000, "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000}


def iso_ms(text: str) -> int:
    """Give an ISO 8601 duration of weeks, days and time in milliseconds; raises ValueError otherwise."""
    match = _ISO.fullmatch(text.strip())
    if match is None or not any(match.groupdict().values()) or text.strip().endswith("T"):
        raise ValueError(f"expected an ISO 8601 duration of days and time such as PT1M30S, found {text!r}")
    return _whole(sum(float(amount) * _ISO_MS[unit] for unit, amount in match.groupdict().items() if amount))


def is_iso(text: str) -> bool:
    """Tell whether a text is an ISO 8601 duration of weeks, days and time."""
    try:
        iso_ms(text)
    except ValueError:
        return False
    return True


def duration_ms(duration: Any) -> int:
    """Give a duration, as text or object, in milliseconds; raises ValueError when it is none."""
    if isinstance(duration, str):
        return iso_ms(duration)
    if isinstance(duration, dict) and duration and set(duration) <= set(_UNITS_MS):
        amounts = {unit: duration[unit] for unit in duration}
        if all(isinstance(amount, int | float) and not isinstance(amount, bool) for amount in amounts.values()):
            return _whole(sum(_float(amount) * _UNITS_MS[unit] for unit, amount in amounts.items()))
    raise ValueError(f"expected a duration such as PT1M or {{minutes: 1}}, found {json.dumps(duration)[:80]}")


def _whole(amount_ms: float) -> int:
    return max(0, round(min(amount_ms, float(DURATION_MAX_MS))))


def _float(amount: float) -> float:
    try:
        return float(amount)
    except OverflowError:
        return float("inf") if amount > 0 else float("-inf")


def duration_of(part: object) -> Value:
    """Give a duration of the document as a value: constant milliseconds where it holds no expression."""
    if isinstance(part, LooseText):
        # What is no duration is an expression, which has to give one.
        return Value(constant=str(iso_ms(part))) if is_iso(part) else Value(source=program_of(part))
    value = value_of(part)
    if value.constant is None:
        return value
    return Value(constant=str(duration_ms(json.loads(value.constant))))
