"""Checks expressions when a document is published: every problem has its line and column in the expression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

import jq

from engine.errors import Problem
from expressions.analysis import VARIABLES, names_in
from expressions.errors import Mistake, Refusal, problem_at
from expressions.parser import parse
from expressions.printer import printed

#: How many expressions jq compiles at once: most of the time goes into its own library, which it reads every time.
_TOGETHER = 100
_NONE: frozenset[str] = frozenset()


def check(source: str, extra_variables: Set[str] = _NONE, variables: Set[str] = VARIABLES) -> list[Problem]:
    """Give every problem of an expression; none if it may be published.

    `variables` are those that the language gives in this place, `extra_variables` those that the document names itself,
    such as the `each` of a `for`; all without the dollar.
    """
    return check_all([(source, variables | extra_variables)])[0]


def check_all(expressions: Sequence[tuple[str, Set[str]]]) -> list[list[Problem]]:
    """Give the problems of many expressions with their variables, in the same order; much faster than one by one."""
    judged = [_judge(source, variables) for source, variables in expressions]
    problems = [found for found, _ in judged]
    accepted = [place for place, (_, text) in enumerate(judged) if text]
    for start in range(0, len(accepted), _TOGETHER):
        together = accepted[start : start + _TOGETHER]
        if _compile(judged[place][1] for place in together):
            for place in together:
                problems[place] += _compiled_alone(expressions[place][0], judged[place][1])
    return problems


def _judge(source: str, variables: Set[str]) -> tuple[list[Problem], str]:
    """Give the problems that we see, or none and the text for jq."""
    try:
        tree = parse(source)
        names = names_in(tree, variables)
    except Mistake as mistake:
        found = Refusal(at=mistake.at, message=str(mistake), expected=mistake.expected, found=mistake.found)
        return [problem_at(source, found)], ""
    if names.refusals:
        return [problem_at(source, refusal) for refusal in names.refusals], ""
    bindings = "".join(f". as ${name}|" for name in names.variables)
    return [], f"({bindings}{printed(tree)})"


def _compiled_alone(source: str, text: str) -> list[Problem]:
    message = _compile([text])
    return [problem_at(source, Refusal(at=0, message=message))] if message else []


def _compile(texts: Iterable[str]) -> str:
    """Give the first line of what jq says against these programs; jq has the last word."""
    try:
        jq.compile(",".join(texts))
    except ValueError as error:
        return str(error).partition(" at <top-level>")[0].partition("\n")[0].removeprefix("jq: error: ")
    return ""
