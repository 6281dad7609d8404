"""From an author's text to a compiled definition, with every problem on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from engine.definition.compile import compile_definition
from engine.definition.model import Definition
from engine.errors import InvalidDefinition, Problem
from language.check import check
from language.document import Document, read
from language.resolving import Judge, Resource, Whole
from language.tools import with_tool_schemas


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A definition without a problem, whole, and what was fetched for it."""

    definition: Definition
    resources: tuple[Resource, ...] = ()


Check = Callable[[str], Checked]


def checker(judge: Judge) -> Check:
    """Give the function that reads, checks, completes and compiles a text, or raises `InvalidDefinition`.

    It may wait for the network when the text refers to something outside: not to be called in an event loop.
    """

    def checked(text: str) -> Checked:
        document = read(text)
        problems = check(document, judge.catalog, judge.check_expressions)
        whole = Whole(document, judge)
        if judge.fetch is not None:
            whole.complete()
        if problems or whole.problems:
            raise InvalidDefinition(_ordered([*problems, *whole.problems]))
        return Checked(definition=_compiled(whole), resources=tuple(whole.resources.values()))

    return checked


def problems_of(text: str, judge: Judge) -> list[Problem]:
    """Give every problem of a text, syntax errors included."""
    try:
        checker(judge)(text)
    except InvalidDefinition as error:
        return list(error.problems)
    return []


def _compiled(whole: Whole) -> Definition:
    try:
        return compile_definition(with_tool_schemas(whole.data, whole.judge.catalog))
    except InvalidDefinition as error:
        raise InvalidDefinition(_ordered(_placed(problem, whole.document) for problem in error.problems)) from None


def _placed(problem: Problem, document: Document) -> Problem:
    place = document.place(problem.pointer)
    return problem if problem.line else replace(problem, line=place.line, column=place.column)


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line, problem.column, problem.pointer))
