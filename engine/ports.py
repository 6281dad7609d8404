"""What the rules need from outside: evaluation of expressions and validation against a JSON Schema.

Both are pure as seen from here: same arguments, same answer. Payloads are JSON text in and out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

#: Gives the JSON text of a variable such as `context` (without the dollar). Called only for variables the program uses.
Variables = Callable[[str], str]


class Evaluator(Protocol):
    """Evaluates jq programs on JSON text, and regular expressions on texts."""

    def evaluate(self, source: str, data: str, variables: Variables) -> str:
        """Give the first result of the program `source` on `data`, as JSON text; `null` if it yields nothing.

        Raises `ExpressionFailed`, or `EvaluateOutside` when the program is not bounded for data of this size.
        """
        ...

    def variables(self, source: str) -> Collection[str] | None:
        """Give the names of the variables `source` uses; `None` for a text that is no program to be evaluated."""
        ...

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether the regular expression matches the whole text, in time linear in it."""
        ...

    def prepare(self, source: str, data: str, variables: Variables) -> str:
        """Give the one JSON text that holds `data` and every variable `source` uses, for an evaluation outside."""
        ...


class Validator(Protocol):
    """Validates JSON text against a JSON Schema (draft 2020-12)."""

    def violations(self, schema: str, data: str) -> list[str]:
        """Give one sentence for each violation, empty when `data` is valid. `schema` is JSON text.

        Raises `EvaluateOutside` when that takes longer than a partition may be held up.
        """
        ...

    def faults(self, schema: str) -> list[str]:
        """Give one sentence for each place where `schema` (JSON text) is no JSON Schema, empty when it is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside as the engine sees it."""

    evaluator: Evaluator
    validator: Validator
