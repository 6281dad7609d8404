"""What can be wrong with the text of an expression."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import AgentOSError, Problem


class Mistake(AgentOSError):
    """The text is no jq program. `at` is the offset of the first thing that does not fit."""

    def __init__(self, *, at: int, expected: str, found: str) -> None:
        self.at = at
        self.expected = expected
        self.found = found
        super().__init__(f"expected {expected}, found {found}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A part of a jq program that may not be used, with the reason. `at` is its offset."""

    at: int
    message: str
    expected: str = ""
    found: str = ""


def problem_at(source: str, refusal: Refusal) -> Problem:
    """Give the refusal as a problem of the author, with line and column (from 1) in the text of the expression."""
    before = source[: refusal.at]
    return Problem(
        pointer="",
        message=refusal.message,
        line=before.count("\n") + 1,
        column=len(before) - (before.rfind("\n") + 1) + 1,
        expected=refusal.expected,
        found=refusal.found,
    )
