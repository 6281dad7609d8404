"""Prints a syntax tree as the program that jq runs.

What is analysed is what runs: jq never sees the author's text, only this print of the tree, with every operand in
parentheses. So a difference between our parser and jq's cannot let anything slip through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from expressions import ast
from expressions.shapes import Shapes

#: The error of a guard that found a value with which an operator is not bounded.
OUTSIDE = "\u0001outside"
_NOTHING: Mapping[int, Any] = {}
_MARK_ERROR = (
    'error(if type=="string" and startswith("\\u0001") then . '
    'else "\\u0001{}|"+(if type=="string" then . else tojson end) end)'
)
_GIVE_UP = 'error("\\u0001outside")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How to print nodes, by their `id`.

    A node in `guards` fails with `OUTSIDE` on an operand of one of these kinds. The errors of a node in `traces` are
    marked with its number, unless they are marked already. `bare` leaves out `first(...)` around single results.
    """

    guards: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    traces: Mapping[int, int] = field(default_factory=lambda: _NOTHING)
    bare: bool = False


def printed(node: ast.Node, style: Style | None = None) -> str:
    """Give the program."""
    return _Printer(style or Style()).node(node)


class _Printer:
    def __init__(self, style: Style) -> None:
        self._guards = style.guards
        self._traces = style.traces
        self._bare = style.bare

    def node(self, node: ast.Node) -> str:
        text = _PRINTS[type(node)](self, node)
        number = self._traces.get(id(node))
        return text if number is None else f"(try ({text}) catch {_MARK_ERROR.format(number)})"

    def inside(self, node: ast.Node) -> str:
        """Give the text in parentheses, but for terms that need none."""
        text = self.node(node)
        return text if type(node) in _TERMS else f"({text})"

    def each(self, nodes: tuple[ast.Node, ...], separator: str) -> str:
        return separator.join(map(self.inside, nodes))

    def binary(self, node: ast.Binary) -> str:
        left, right = self.inside(node.left), self.inside(node.right)
        kinds = self._guards.get(id(node))
        if kinds is None and node.operator != "*":
            return f"{left} {node.operator} {right}"
        # As variables, so that jq does not multiply a constant string while it compiles.
        checks = [f"($__{side}|{_is_one_of(kinds)})" for side in ("left", "right")] if kinds else ["false"]
        operation = f"$__left {node.operator} $__right"
        guarded = f"if {' or '.join(checks)} then {_GIVE_UP} else {operation} end" if kinds else operation
        return f"{right} as $__right|{left} as $__left|{guarded}"

    def text(self, node: ast.Text) -> str:
        parts = [_quoted(part) if isinstance(part, str) else f"\\({self.node(part)})" for part in node.parts]
        return (f"@{node.encoding} " if node.encoding else "") + f'"{"".join(parts)}"'

    def slice(self, node: ast.Slice) -> str:
        low, high = (self.inside(bound) if bound else "" for bound in (node.low, node.high))
        return f"{self.inside(node.target)}[{low}:{high}]{_quiet(node)}"

    def attempt(self, node: ast.Try) -> str:
        handler = f" catch {self.inside(node.handler)}" if node.handler else ""
        return f"try {self.inside(node.body)}{handler}"

    def entry(self, entry: ast.Entry) -> str:
        if entry.value is None:
            return self.node(entry.key)
        key = self.node(entry.key) if isinstance(entry.key, ast.Text) else f"({self.node(entry.key)})"
        return f"{key}:({self.node(entry.value)})"

    def branches(self, node: ast.If) -> str:
        cases = [f"if {self.node(when)} then {self.node(then)} " for when, then in node.cases]
        otherwise = f"else {self.node(node.otherwise)} " if node.otherwise else ""
        return "el".join(cases) + otherwise + "end"

    def call(self, node: ast.Call) -> str:
        if self._bare and (only := first_of_one(node)) is not None:
            return self.inside(only)
        arguments = ";".join(map(self.node, node.arguments))
        kinds = self._guards.get(id(node))
        if kinds and arguments:
            return f"({node.name}({arguments}|if {_is_one_of(kinds)} then {_GIVE_UP} end))"
        if kinds:
            return f"(if any(.[]?;{_is_one_of(kinds)}) then {_GIVE_UP} end|{node.name})"
        return f"{node.name}({arguments})" if arguments else node.name

    def loop(self, node: ast.Reduce | ast.Foreach) -> str:
        word = "reduce" if isinstance(node, ast.Reduce) else "foreach"
        parts = [self.node(node.start), self.node(node.update)]
        if isinstance(node, ast.Foreach) and node.extract:
            parts.append(self.node(node.extract))
        return f"{word} {self.inside(node.source)} as {self.patterns(node.patterns)} ({';'.join(parts)})"

    def define(self, node: ast.Define) -> str:
        parameters = f"({';'.join(node.parameters)})" if node.parameters else ""
        return f"def {node.name}{parameters}: {self.node(node.body)}; {self.node(node.rest)}"

    def patterns(self, patterns: tuple[ast.Pattern, ...]) -> str:
        return " ?// ".join(map(self.pattern, patterns))

    def pattern(self, pattern: ast.Pattern) -> str:
        if isinstance(pattern, ast.NamePattern):
            return f"${pattern.name}"
        if isinstance(pattern, ast.ArrayPattern):
            return f"[{','.join(map(self.pattern, pattern.items))}]"
        return "{" + ",".join(self.field(*field) for field in pattern.fields) + "}"

    def field(self, key: ast.Node, name: str, inner: ast.Pattern | None) -> str:
        if name:
            return f"${name}" + (f":{self.pattern(inner)}" if inner else "")
        shown = self.node(key) if isinstance(key, ast.Text) else f"({self.node(key)})"
        return f"{shown}:{self.pattern(inner)}" if inner else shown


def first_of_one(node: ast.Call) -> ast.Node | None:
    """Give `x` of `first(x, null)`, as templates write it, if it has exactly one result."""
    inner = of_template(node)
    shape = Shapes().of(inner) if inner is not None else None
    return inner if shape is not None and shape.some and shape.single else None


def of_template(node: ast.Node) -> ast.Node | None:
    """Give `x` of `first(x, null)`, as templates write it."""
    match node:
        case ast.Call(name="first", arguments=(ast.Comma(parts=(inner, ast.Constant(text="null"))),)):
            return inner
    return None


def _is_one_of(kinds: tuple[str, ...]) -> str:
    return "type|" + " or ".join(f'.=="{kind}"' for kind in kinds)


def _quoted(text: str) -> str:
    return _text(text)[1:-1]


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _quiet(node: ast.Index | ast.Slice | ast.Iterate) -> str:
    return "?" if node.quiet else ""


def _place(node: ast.Place) -> str:
    return f'{{"file":"<top-level>","line":{node.line}}}'


_Print = Callable[[_Printer, Any], str]
_PRINTS: dict[type, _Print] = {
    ast.Identity: lambda _, _node: ".",
    ast.Descend: lambda _, _node: "..",
    ast.Number: lambda _, node: node.text,
    ast.Constant: lambda _, node: node.text,
    ast.Data: lambda _, node: node.text,
    ast.Text: _Printer.text,
    ast.Encode: lambda _, node: f"@{node.name}",
    ast.Variable: lambda _, node: f"${node.name}",
    ast.Place: lambda _, node: _place(node),
    ast.Array: lambda self, node: f"[{self.node(node.body) if node.body else ''}]",
    ast.Object: lambda self, node: "{" + ",".join(map(self.entry, node.entries)) + "}",
    ast.Index: lambda self, node: f"{self.inside(node.target)}[{self.node(node.key)}]{_quiet(node)}",
    ast.Slice: _Printer.slice,
    ast.Iterate: lambda self, node: f"{self.inside(node.target)}[]{_quiet(node)}",
    ast.Try: _Printer.attempt,
    ast.Negate: lambda self, node: f"-({self.node(node.body)})",
    ast.Pipe: lambda self, node: self.each(node.parts, "|"),
    ast.Comma: lambda self, node: self.each(node.parts, ","),
    ast.Binary: _Printer.binary,
    ast.Assign: lambda self, node: f"{self.inside(node.target)} {node.operator} {self.inside(node.value)}",
    ast.Call: _Printer.call,
    ast.If: _Printer.branches,
    ast.Reduce: _Printer.loop,
    ast.Foreach: _Printer.loop,
    ast.Bind: lambda self, node: f"{self.inside(node.source)} as {self.patterns(node.patterns)}|{self.node(node.body)}",
    ast.Label: lambda self, node: f"label ${node.name}|{self.node(node.body)}",
    ast.Break: lambda _, node: f"break ${node.name}",
    ast.Define: _Printer.define,
}
#: What stands without parentheses wherever a term may stand.
_TERMS = (
    ast.Identity,
    ast.Number,
    ast.Constant,
    ast.Data,
    ast.Text,
    ast.Variable,
    ast.Array,
    ast.Object,
    ast.Index,
    ast.Call,
    ast.Iterate,
)
