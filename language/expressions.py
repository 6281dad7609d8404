"""Asks for every expression of a document whether it is a good program."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Protocol

from language.places import Path
from language.problems import Findings
from language.shape import Expression
from language.variables import Scopes
from language.words import label, shortened

#: A program, and the names without the dollar of the variables it may use.
Asked = tuple[str, frozenset[str]]


class CheckExpressions(Protocol):
    """Says what is wrong with programs: for each, in the same order, one sentence for each fault."""

    def __call__(self, asked: Sequence[Asked], /) -> Sequence[Sequence[str]]:
        """Give the faults of each program."""
        ...


def accept_expressions(asked: Sequence[Asked], /) -> Sequence[Sequence[str]]:
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
    for found, faults in zip(places.values(), check(list(places)), strict=True):
        for (path, source), fault in itertools.product(found, faults):
            message = f"{label(path)}: {fault}"
            findings.at_value(path, message, expected="an expression", found=shortened(source))
