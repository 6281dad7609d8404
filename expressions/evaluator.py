"""Evaluates expressions in process where they are bounded, and says which are to be evaluated outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jq

from engine.errors import EvaluateOutside, ExpressionFailed
from engine.ports import Variables
from expressions.failures import beyond, check_input, check_result, failed
from expressions.limits import Limits
from expressions.printer import OUTSIDE
from expressions.program import Program
from expressions.regular import matches


@dataclass(frozen=True, slots=True)
class _Compiled:
    program: Program
    #: Gives a jq program with its input; none when the program never runs in process.
    apply: Callable[[str], Any] | None
    traced: list[Callable[[str], Any]] = field(default_factory=list)


class JqEvaluator:
    """The `Evaluator` of the engine. The same arguments give the same answer, in any process."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._cached = lru_cache(maxsize=self.limits.programs)(self._compile)

    def evaluate(self, source: str, data: str, variables: Variables) -> str:
        """Give the first result of the program on `data` as compact JSON text; `null` if it yields nothing.

        Raises `ExpressionFailed`, or `EvaluateOutside` when the program is not bounded for data of this size.
        """
        compiled = self._compiled(source)
        text = compiled.program.input_text(data, variables)
        if compiled.apply is None or not compiled.program.bounds.allow(text):
            raise EvaluateOutside(_reason(compiled.program))
        check_input(compiled.program, text, self.limits)
        try:
            result = next(iter(compiled.apply(text)), "null")
        except (ValueError, RecursionError) as error:
            raise self._failure(compiled, text, str(error), data) from None
        return check_result(compiled.program, result, self.limits)

    def variables(self, source: str) -> tuple[str, ...] | None:
        """Give the names of the variables the program uses; `None` if it is refused."""
        compiled = self._cached(source)
        return None if isinstance(compiled, str) else compiled.program.variables

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether the regular expression matches the whole text. One that RE2 does not know matches nothing."""
        return matches(pattern, text)

    def prepare(self, source: str, data: str, variables: Variables) -> str:
        """Give the one JSON text that holds `data` and every variable that `source` uses, for `EvaluatorPool`."""
        return self.program(source).input_text(data, variables)

    def program(self, source: str) -> Program:
        """Give the judged program. Raises `ExpressionFailed` if it is refused."""
        return self._compiled(source).program

    def _compiled(self, source: str) -> _Compiled:
        compiled = self._cached(source)
        if isinstance(compiled, str):
            raise ExpressionFailed(compiled)
        return compiled

    def _compile(self, source: str) -> _Compiled | str:
        """Give the program, or why it is refused: found once, too, because parsing a large one takes its time."""
        try:
            program = Program(source, self.limits.in_process_budget_s)
            if program.bounds.reason is not None:
                return _Compiled(program, None)
            return _Compiled(program, _applicable(program, program.in_process_text))
        except ExpressionFailed as refused:
            return str(refused)

    def _failure(self, compiled: _Compiled, text: str, message: str, data: str) -> ExpressionFailed | EvaluateOutside:
        if message == OUTSIDE:
            return EvaluateOutside("an operand is of a kind with which an operator is not bounded")
        program = compiled.program
        if not compiled.traced:
            compiled.traced.append(_applicable(program, program.in_process_traced_text))
        try:
            next(iter(compiled.traced[0](text)), None)
        except ValueError as error:
            message = str(error)
        return failed(program, message, data)


def _applicable(program: Program, text: str) -> Callable[[str], Any]:
    try:
        return jq.compile(text).input_text  # type: ignore[no-any-return]
    except ValueError as error:
        # What `check` refuses at publish with better words: jq has the last word.
        raise beyond(program, str(error)) from None


def _reason(program: Program) -> str:
    reason = program.bounds.reason
    return reason.message if reason else "the data is too large for an evaluation in process"
