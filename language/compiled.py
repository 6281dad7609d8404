"""What is wrong with a document only as a whole: what compiling it finds, and values that are too large together.

Each expression of a value may be fine, and the one program that builds the value still be more than jq is given.
"""

from __future__ import annotations

from engine.definition.compile import compile_definition
from engine.definition.programs import programs_of
from engine.depth import is_deeper
from engine.errors import InvalidDefinition
from language.expressions import CheckExpressions
from language.places import Path
from language.problems import Findings
from language.variables import Scopes
from language.words import label

#: A program of so many characters, brackets inside brackets, and characters between two starts of an expression, is
#: within the limits of programs (6,000 nodes, 120 levels) if its parts are: an operator takes two characters a level.
SMALL, NESTED, PART = 4_000, 15, 150
#: Variables in what an agent calls its tools with.
_OF_TOOLS = frozenset({"arguments", "tool"})


def check_compiled(findings: Findings, checked: set[str], check: CheckExpressions) -> None:
    """Report what compiling finds. `checked` are the programs that were judged one by one; all the rest is right."""
    try:
        definition = compile_definition(findings.document.data)
    except InvalidDefinition as error:
        for problem in error.problems:
            findings.at_key(path_of(problem.pointer), problem.message, expected=problem.expected, found=problem.found)
        return
    places: dict[str, str] = {}
    for pointer, source in programs_of(definition):
        if source not in checked and not _is_small(source):
            places.setdefault(source, pointer)
    known = Scopes(findings.document.data).all | _OF_TOOLS
    for pointer, faults in zip(places.values(), check([(source, known) for source in places]), strict=True):
        path = path_of(pointer)
        for fault in faults:
            message = f"{label(path)} holds expressions that are too much together: {fault.message}"
            message += "; make several tasks of it"
            findings.at_key(path, message)


def _is_small(source: str) -> bool:
    if len(source) > SMALL or is_deeper(source, NESTED):
        return False
    return all(len(part) <= PART for part in source.split("first(("))


def path_of(pointer: str) -> Path:
    """Give the path of a JSON Pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
