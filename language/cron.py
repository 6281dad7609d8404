"""Cron expressions: minute, hour, day of the month, month, day of the week."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.calendar import next_instant_ms

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WEEKDAYS = "sun mon tue wed thu fri sat".split()
_PART = re.compile(r"(?P<first>\*|[0-9a-zA-Z]+)(?:-(?P<last>[0-9a-zA-Z]+))?(?:/(?P<step>[0-9]+))?", re.ASCII)
_EXAMPLE = 'write five fields, such as "0 9 * * mon-fri" (minute, hour, day, month, weekday)'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    noun: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int | None:
        if word.lower() in self.names:
            return self.names.index(word.lower()) + self.low
        return int(word) if word.isdecimal() and len(word) <= 4 else None


_FIELDS = (
    _Field(noun="minute", low=0, high=59),
    _Field(noun="hour", low=0, high=23),
    _Field(noun="day", low=1, high=31),
    _Field(noun="month", low=1, high=12, names=tuple(_MONTHS)),
    _Field(noun="weekday", low=0, high=7, names=tuple(_WEEKDAYS)),
)


def cron_fault(text: str) -> str:
    """Give what is wrong with a cron expression, or empty text."""
    words = text.split()
    if len(words) != len(_FIELDS) or len(text) > 500:
        return f"has {len(words)} fields; {_EXAMPLE}"
    for field, word in zip(_FIELDS, words, strict=True):
        for part in word.split(","):
            fault = _part_fault(field, part)
            if fault:
                return f"has a bad {field.noun}: {fault}"
    return _never(text)


@lru_cache(maxsize=256)
def _never(text: str) -> str:
    try:
        next_instant_ms(text, 0)
    except ValueError:
        return "names no day that the calendar has, so it would never start anything; change its day or its month"
    return ""


def _part_fault(field: _Field, part: str) -> str:
    match = _PART.fullmatch(part)
    if match is None:
        return f'"{part}" is neither *, a number, a range such as 1-5, nor a step such as */10'
    if match["step"] is not None and not 0 < int(match["step"][:6]) <= field.high:
        return f'the step in "{part}" must be from 1 to {field.high}'
    if match["first"] == "*":
        return f'"{part}" has a range after *' if match["last"] else ""
    return _range_fault(field, match["first"], match["last"])


def _range_fault(field: _Field, first: str, last: str | None) -> str:
    numbers = [field.number(word) for word in (first, last) if word is not None]
    for word, number in zip((first, last), numbers, strict=False):
        if number is None or not field.low <= number <= field.high:
            return f'"{word}" is not from {field.low} to {field.high}'
    if last is not None and numbers[0] is not None and numbers[1] is not None and numbers[0] > numbers[1]:
        return f'the range "{first}-{last}" runs backwards'
    return ""
