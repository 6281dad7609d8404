"""Asks for every expression of a document whether it is a good program."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Protocol

from engine.errors import Problem
from language.places import Path
from language.problems import Findings
from language.shape import Expression
from language.texts import is_expression
from language.variables import Scopes
from language.words import label, shortened

#: A program, and the names without the dollar of the variables it may use.
Asked = tuple[str, frozenset[str]]


class CheckExpressions(Protocol):
    """Says what is wrong with programs: for each, in the same order, its problems, with their places in the program."""

    def __call__(self, asked: Sequence[Asked], /) -> Sequence[Sequence[Problem]]:
        """Give the problems of each program; line and column count from 1 in its text."""
        ...


def accept_expressions(asked: Sequence[Asked], /) -> Sequence[Sequence[Problem]]:
    """Find no fault with any expression: for callers that have no expression language at hand."""
    return [()] * len(asked)


def check_expressions(expressions: Iterable[Expression], findings: Findings, check: CheckExpressions) -> None:
    """Report the faults of every expression; the same program with the same variables is checked once."""
    scopes = Scopes(findings.document.data)
    places: dict[Asked, list[tuple[Path, str]]] = {}
    for path, source in expressions:
        if source.strip():
            places.setdefault((source, scopes.at(path)), []).append((path, source))
        else:
            findings.at_value(path, f"{label(path)} holds an empty expression; write one in ${{ }}", found="nothing")
    for found, problems in zip(places.values(), check(list(places)), strict=True):
        for (path, source), problem in itertools.product(found, problems):
            _report(path, source, problem, findings)


def _report(path: Path, source: str, problem: Problem, findings: Findings) -> None:
    """Note the problem at its own place in the document."""
    value = findings.document.at(path)
    lines = source.split("\n")[: problem.line]
    at = sum(len(line) + 1 for line in lines[:-1]) + problem.column - 1
    found = problem.found or shortened(source)
    message = f"{label(path)}: {problem.message}"
    offset = _start(value) + at if isinstance(value, str) else 0
    findings.inside_value(path, offset, message, expected=problem.expected or "an expression", found=found)


def _start(value: str) -> int:
    """Give where the program starts in the text around it."""
    if not is_expression(value):
        return 0
    opened = len(value) - len(value.lstrip()) + len("${")
    inner = value.rstrip()[opened:-1]
    return opened + len(inner) - len(inner.lstrip())
