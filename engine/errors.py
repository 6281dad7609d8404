"""The one tree of errors.

AgentOSError
├── CommandRejected      valid, but not now: recorded as an event, told to the caller
├── InvalidDefinition    the author's document is wrong (HTTP 422), with every problem and its place
├── ExpressionFailed     an expression could not be evaluated: a fault of its run
├── EvaluateOutside      not an error of anybody: the expression needs a killable evaluator process
└── CorruptHistory       the log says something impossible: stop the partition
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AgentOSError(Exception):
    """Root of all errors this project raises on purpose."""


class CommandRejected(AgentOSError):
    """The command is well formed but not possible in the state the run is in.

    `kind` tells programs which sort of refusal it is, where there are several; `details` is JSON text for them.
    """

    def __init__(self, reason: str, *, kind: str = "", details: str = "null") -> None:
        self.kind, self.details = kind, details
        super().__init__(reason)


class CorruptHistory(AgentOSError):
    """The log holds an event that cannot follow the ones before it."""


class ExpressionFailed(AgentOSError):
    """An expression could not be evaluated. The message names expression, position and an excerpt of its input."""


class EvaluateOutside(AgentOSError):
    """The expression may not run inside the engine's process: evaluate it in a killable one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One violation in an author's document.

    `pointer` is a JSON Pointer into the document, `line` and `column` count from 1 (0 when unknown).
    """

    pointer: str
    message: str
    line: int = 0
    column: int = 0
    expected: str = ""
    found: str = ""


class InvalidDefinition(AgentOSError):
    """The document breaks the language. `problems` holds every violation, in document order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.line}:{p.column} {p.pointer}: {p.message}" for p in self.problems))
