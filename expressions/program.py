"""A program, judged once and ready to be evaluated: its tree, its variables, its bounds and its jq texts."""

from __future__ import annotations

from functools import cached_property

from engine.errors import ExpressionFailed
from engine.ports import Variables
from expressions.analysis import names_in
from expressions.bounds import Bounds
from expressions.errors import Mistake, Refusal, problem_at
from expressions.parser import parse
from expressions.printer import Style, printed
from expressions.tracing import Trace


class Program:
    """One program. Its texts take one JSON text, which `input_text` makes, and give their result as JSON text.

    Raises `ExpressionFailed` for a text that `check` would refuse. Variables may have any name here: whether one is
    available where an expression stands is known when it is published.
    """

    def __init__(self, source: str, budget_s: float = 0.0) -> None:
        self.source = source
        try:
            self._tree = parse(source)
        except Mistake as mistake:
            raise refused(source, Refusal(at=mistake.at, message=str(mistake))) from None
        names = names_in(self._tree, None)
        if names.refusals:
            raise refused(source, names.refusals[0])
        self.variables = names.variables
        self._budget_s = budget_s

    @cached_property
    def bounds(self) -> Bounds:
        """The data for which the program may run in process."""
        return Bounds(self._tree, self._budget_s)

    @property
    def in_process_text(self) -> str:
        """The program with guards, for data that `bounds` allow."""
        return self._wrapped(printed(self._tree, Style(guards=self.bounds.guards, bare=self.bounds.reason is None)))

    @cached_property
    def outside_text(self) -> str:
        """The program for an evaluator process."""
        return self._wrapped(printed(self._tree))

    @cached_property
    def trace(self) -> Trace:
        """The numbers of the parts of the program, as in `traced_text`."""
        return Trace(self.source, self._tree)

    @property
    def in_process_traced_text(self) -> str:
        """The program with guards, and with marks in its errors."""
        style = Style(guards=self.bounds.guards, traces=self.trace.numbers)
        return self._wrapped(printed(self._tree, style))

    @cached_property
    def traced_text(self) -> str:
        """The program with marks in its errors, for an evaluator process."""
        return self._wrapped(printed(self._tree, Style(traces=self.trace.numbers)))

    def input_text(self, data: str, variables: Variables) -> str:
        """Give the one JSON text that holds the data and every variable that is used."""
        if not self.variables:
            return data
        return f"[{data},{','.join(map(variables, self.variables))}]"

    def _wrapped(self, text: str) -> str:
        bindings = "".join(f".[{place}] as ${name}|" for place, name in enumerate(self.variables, start=1))
        return f"({bindings}.[0]|({text}))|tojson" if bindings else f"({text})|tojson"


def refused(source: str, refusal: Refusal) -> ExpressionFailed:
    """Give the failure of a program that is not to be run."""
    problem = problem_at(source, refusal)
    return ExpressionFailed(f"`{source[:200]}` is refused at {problem.line}:{problem.column}: {problem.message}")
