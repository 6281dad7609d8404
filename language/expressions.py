"""Asks for every expression of a document whether it is a good program."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from language.problems import Findings
from language.shape import Expression
from language.variables import Scopes
from language.words import label, shortened


class CheckExpression(Protocol):
    """Says what is wrong with a program: one sentence for each fault, none when it is good.

    `variables` are the names, without the dollar, that it may use.
    """

    def __call__(self, source: str, variables: Collection[str], /) -> Sequence[str]:
        """Give the faults of a program."""
        ...


def accept_expression(source: str, variables: Collection[str], /) -> Sequence[str]:
    """Find no fault with any expression: for callers that have no expression language at hand."""
    del source, variables
    return ()


def check_expressions(expressions: Iterable[Expression], findings: Findings, check: CheckExpression) -> None:
    """Report the faults of every expression; the same program with the same variables is checked once."""
    scopes = Scopes(findings.document.data)
    known: dict[tuple[str, frozenset[str]], Sequence[str]] = {}
    for path, source in expressions:
        if not source.strip():
            findings.at_value(path, f"{label(path)} holds an empty expression; write one in ${{ }}", found="nothing")
            continue
        asked = (source, scopes.at(path))
        if asked not in known:
            known[asked] = check(*asked)
        for fault in known[asked]:
            message = f"{label(path)}: {fault}"
            findings.at_value(path, message, expected="an expression", found=shortened(source))
