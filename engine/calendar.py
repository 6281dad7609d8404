"""Cron expressions: the next instant one of five fields names. Time zone UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = {name: i + 1 for i, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())}
_WEEKDAYS = {name: i for i, name in enumerate("SUN MON TUE WED THU FRI SAT".split())}
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

#: Days of the months, of February's the most it ever has.
_LONGEST = dict(enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The values each field allows, and whether day and weekday were both restricted (then either may hold)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> Cron:
    """Give a cron expression of five fields, or a nickname such as `@daily`. Raises ValueError."""
    fields = _NICKNAMES.get(text.strip().lower(), text).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"expected five fields (minute hour day month weekday), found {len(fields)}: {text!r}")
    minutes, hours, days, months, weekdays = (
        _values(field, limits) for field, limits in zip(fields, _FIELDS, strict=True)
    )
    return Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(day % 7 for day in weekdays),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )


def _values(field: str, limits: tuple[str, int, int]) -> set[int]:
    name, low, high = limits
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if step and not (step.isdecimal() and int(step) > 0):
            raise ValueError(f"{name}: expected a step above 0, found {part!r}")
        if span == "*":
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, limits)
            last = _number(end, limits) if dash else (high if step else first)
        if not low <= first <= last <= high:
            raise ValueError(f"{name}: expected values from {low} to {high}, found {part!r}")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, limits: tuple[str, int, int]) -> int:
    names = {"month": _MONTHS, "weekday": _WEEKDAYS}.get(limits[0], {})
    if text.upper() in names:
        return names[text.upper()]
    if not text.isdecimal():
        raise ValueError(f"{limits[0]}: expected a number, found {text!r}")
    return int(text)


def next_instant_ms(text: str, after_ms: int) -> int:
    """Give the first instant after `after_ms` (Unix milliseconds) the expression names. ValueError if none."""
    cron = parse_cron(text)
    start = datetime.fromtimestamp(after_ms // 1000, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if not cron.either and not any(day <= _LONGEST[month] for month in cron.months for day in cron.days):
        raise ValueError(f"the cron expression {text!r} names no instant")
    for day in _days(cron, start.replace(hour=0, minute=0)):
        for hour in cron.hours:
            for minute in cron.minutes:
                instant = day.replace(hour=hour, minute=minute)
                if instant >= start:
                    return int(instant.timestamp()) * 1000
    raise AssertionError("a day of the year comes back on every day of the week")


def _days(cron: Cron, day: datetime) -> Iterator[datetime]:
    """Yield the days the expression names, from `day` on."""
    while True:
        if day.month not in cron.months:
            # The 28th is in every month, and four days later is the next one.
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
            continue
        if _fits(cron, day):
            yield day
        day += timedelta(days=1)


def _fits(cron: Cron, day: datetime) -> bool:
    by_day, by_weekday = day.day in cron.days, (day.weekday() + 1) % 7 in cron.weekdays
    return (by_day or by_weekday) if cron.either else (by_day and by_weekday)
