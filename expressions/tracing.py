"""Where in an author's text an evaluation failed.

jq does not say it. So upon a failure the program is run once more, printed with marks around its parts: the error then
carries the number of the innermost part that failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from expressions import ast
from expressions.errors import Refusal, problem_at
from expressions.printer import of_template

#: How many parts of one program are marked.
MAX_MARKS = 400
_MARK = re.compile("\x01([0-9]+)\\|(.*)", re.DOTALL)
_END = "\n\n),null)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of a program: the expression it is in, that expression's pointer in its template, and where in it."""

    pointer: str
    expression: str
    line: int
    column: int


class Trace:
    """The parts of one program, numbered."""

    def __init__(self, source: str, program: ast.Node) -> None:
        self._places: list[Place] = []
        self.numbers: dict[int, int] = {}
        for pointer, start, node in _expressions(program):
            self._add(pointer, source[start : _end(source, start)], start, node)

    def place(self, message: str) -> tuple[Place, str]:
        """Give where a marked message of jq comes from, and the message without the mark."""
        marked = _MARK.fullmatch(message)
        if marked is None:
            return self._places[0], message
        return self._places[int(marked[1])], marked[2]

    def _add(self, pointer: str, text: str, start: int, root: ast.Node) -> None:
        for node in _parts(root):
            if len(self._places) >= MAX_MARKS:
                return
            at = problem_at(text, Refusal(at=node.at - start, message=""))
            self.numbers[id(node)] = len(self._places)
            self._places.append(Place(pointer=pointer, expression=text, line=at.line, column=at.column))


def _expressions(node: ast.Node, pointer: str = "") -> Iterator[tuple[str, int, ast.Node]]:
    """Give each expression of a template with its pointer and offset; or the whole program, if it is no template."""
    found = list(_of_template(node, pointer))
    yield from found or [("", 0, node)]


def _of_template(node: ast.Node, pointer: str) -> Iterator[tuple[str, int, ast.Node]]:
    inner = of_template(node)
    if inner is not None:
        yield pointer, inner.at, inner
    elif isinstance(node, ast.Object):
        for entry in node.entries:
            if entry.value is not None:
                yield from _of_template(entry.value, f"{pointer}/{_pointed(entry.key)}")
    elif isinstance(node, ast.Array) and node.body is not None:
        items = node.body.parts if isinstance(node.body, ast.Comma) else (node.body,)
        for index, item in enumerate(items):
            yield from _of_template(item, f"{pointer}/{index}")


def _parts(node: ast.Node) -> Iterator[ast.Node]:
    """Give the parts of an expression that are marked: what is inside of `try` and of functions is not."""
    yield node
    match node:
        case ast.Pipe(parts=parts) | ast.Comma(parts=parts):
            below: tuple[ast.Node, ...] = parts
        case ast.Binary(left=left, right=right):
            below = (left, right)
        case ast.Bind(source=source, body=body):
            below = (source, body)
        case ast.Object(entries=entries):
            below = tuple(entry.value for entry in entries if entry.value is not None)
        case ast.Array(body=body) if body is not None:
            below = (body,)
        case _:
            below = ()
    for part in below:
        yield from _parts(part)


def _pointed(key: ast.Node) -> str:
    """Give a key as a token of a JSON Pointer."""
    if not isinstance(key, ast.Text):
        return "*"
    name = "".join(part if isinstance(part, str) else "*" for part in key.parts)
    return name.replace("~", "~0").replace("/", "~1")


def _end(source: str, start: int) -> int:
    end = source.find(_END, start)
    return len(source) if end < 0 else end
