"""What a schedule must be for its calendars to name instants."""

from __future__ import annotations

from typing import Any

from engine.definition.durations import duration_ms
from language.problems import Findings
from language.texts import is_expression
from language.words import label, shown


def check_schedule(findings: Findings) -> None:
    """Check that the intervals of a schedule are constants, and that it does not start runs without a pause."""
    schedule = findings.document.data.get("schedule")
    if not isinstance(schedule, dict):
        return
    for key in ("every", "after"):
        interval = schedule.get(key)
        path = ("schedule", key)
        if _holds_expression(interval):
            message = f"{label(path)} is evaluated before there is a run: write a constant, such as PT1H"
            findings.at_value(path, message, expected="a constant duration", found="an expression")
        elif key == "every" and _is_nothing(interval):
            message = f"{label(path)} must be longer than nothing: it would start run after run without a pause"
            findings.at_value(path, message, expected="a duration above zero", found=shown(interval))


def _holds_expression(interval: Any) -> bool:
    parts = interval.values() if isinstance(interval, dict) else (interval,)
    return any(isinstance(part, str) and is_expression(part) for part in parts)


def _is_nothing(interval: Any) -> bool:
    try:
        return interval is not None and duration_ms(interval) == 0
    except ValueError:
        return False
