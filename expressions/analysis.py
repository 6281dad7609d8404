"""Judges the names in a syntax tree: what is refused, what is unknown, and which variables are used.

A function that the program itself defines hides a built-in of the same name and count of arguments, as in jq.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from expressions import ast
from expressions.builtins import ALLOWED, FORMATS, REFUSED, REFUSED_VARIABLES
from expressions.errors import Refusal
from expressions.walking import children, keys_of, names_of

#: The variables that an expression of a workflow may use; each place of the language gives some of them.
VARIABLES = frozenset(
    {
        "context",
        "input",
        "output",
        "secrets",
        "authorization",
        "task",
        "workflow",
        "runtime",
        "item",
        "index",
        "error",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What was found: everything that is refused, and the variables from outside, in the order of their first use."""

    refusals: tuple[Refusal, ...]
    variables: tuple[str, ...]


def names_in(node: ast.Node, variables: Set[str] | None = VARIABLES) -> Names:
    """Judge every name in the tree. `variables` are those that may come from outside, without the dollar; none: any."""
    walk = _Walk(variables)
    walk.visit(node, _Scope())
    return Names(refusals=tuple(walk.refusals), variables=tuple(walk.used))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """The names that the program itself defined where we are."""

    functions: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    labels: frozenset[str] = field(default=frozenset())


class _Walk:
    def __init__(self, variables: Set[str] | None) -> None:
        self._given = variables
        self.refusals: list[Refusal] = []
        self.used: dict[str, None] = {}

    def visit(self, node: ast.Node, scope: _Scope) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node, scope)
        else:
            self.visit_all(children(node), scope)

    def visit_all(self, nodes: Iterable[ast.Node], scope: _Scope) -> None:
        for node in nodes:
            self.visit(node, scope)

    def refuse(self, at: int, name: str, reason: str) -> None:
        self.refusals.append(Refusal(at=at, message=f"{name} is not available: {reason}", found=name))

    def variable(self, node: ast.Variable, scope: _Scope) -> None:
        name = node.name
        if name in scope.variables:
            return
        if name in REFUSED_VARIABLES:
            self.refuse(node.at, f"${name}", REFUSED_VARIABLES[name])
        elif self._given is None or (name in self._given and not name.startswith("__")):
            self.used[name] = None
        else:
            self.unknown(node.at, f"${name}", [f"${known}" for known in {*self._given, *scope.variables}])

    def call(self, node: ast.Call, scope: _Scope) -> None:
        name = f"{node.name}/{len(node.arguments)}"
        if name not in scope.functions:
            if name in REFUSED:
                self.refuse(node.at, _shown(name), REFUSED[name])
            elif name not in ALLOWED:
                self.unknown(node.at, name, [*ALLOWED, *scope.functions])
        self.visit_all(node.arguments, scope)

    def unknown(self, at: int, name: str, known: Iterable[str]) -> None:
        same = sorted(other for other in known if other.split("/")[0] == name.split("/", maxsplit=1)[0])
        near = same or get_close_matches(name, sorted(known), n=3, cutoff=0.7)
        expected = " or ".join(f"`{_shown(other)}`" for other in near)
        message = f"there is no {_shown(name)}" + (f"; did you mean {expected}?" if near else "")
        self.refusals.append(Refusal(at=at, message=message, expected=expected, found=_shown(name)))

    def text(self, node: ast.Text, scope: _Scope) -> None:
        self.encoding(node.at, node.encoding)
        self.visit_all(children(node), scope)

    def encode(self, node: ast.Encode, _scope: _Scope) -> None:
        self.encoding(node.at, node.name)

    def encoding(self, at: int, name: str) -> None:
        if name and name not in FORMATS:
            known = ", ".join(f"@{known}" for known in sorted(FORMATS))
            self.refusals.append(Refusal(at=at, message=f"there is no @{name}", expected=known, found=f"@{name}"))

    def bind(self, node: ast.Bind, scope: _Scope) -> None:
        self.visit(node.source, scope)
        self.visit(node.body, self.bound(node.patterns, scope))

    def loop(self, node: ast.Reduce | ast.Foreach, scope: _Scope) -> None:
        self.visit(node.source, scope)
        self.visit(node.start, scope)
        inner = self.bound(node.patterns, scope)
        self.visit(node.update, inner)
        if isinstance(node, ast.Foreach) and node.extract:
            self.visit(node.extract, inner)

    def bound(self, patterns: tuple[ast.Pattern, ...], scope: _Scope) -> _Scope:
        """Judge the patterns; give the scope in which their names hold."""
        names: dict[str, int] = {}
        for pattern in patterns:
            names.update(names_of(pattern))
        self.own_names(names)
        inner = replace(scope, variables=scope.variables | names.keys())
        for pattern in patterns:
            self.visit_all(keys_of(pattern), inner)
        return inner

    def own_names(self, names: dict[str, int]) -> None:
        for name, at in names.items():
            if name.startswith("__") or name in REFUSED_VARIABLES:
                self.refuse(at, f"${name}", "this name is reserved; choose another one")

    def label(self, node: ast.Label, scope: _Scope) -> None:
        self.visit(node.body, replace(scope, labels=scope.labels | {node.name}))

    def leave(self, node: ast.Break, scope: _Scope) -> None:
        if node.name not in scope.labels:
            self.unknown(node.at, f"${node.name}", [f"${label}" for label in scope.labels])

    def define(self, node: ast.Define, scope: _Scope) -> None:
        own = {f"{node.name}/{len(node.parameters)}"}
        values = {parameter[1:]: node.at for parameter in node.parameters if parameter.startswith("$")}
        self.own_names(values)
        inner = _Scope(
            functions=scope.functions | own | {f"{parameter.lstrip('$')}/0" for parameter in node.parameters},
            variables=scope.variables | values.keys(),
            labels=scope.labels,
        )
        self.visit(node.body, inner)
        self.visit(node.rest, replace(scope, functions=scope.functions | own))


def _shown(name: str) -> str:
    """Give `map/1` as `map(_)`."""
    plain, _, count = name.partition("/")
    return f"{plain}({'; '.join('_' * int(count))})" if count not in {"", "0"} else plain


_SPECIAL: dict[type, Callable[[_Walk, Any, _Scope], None]] = {
    ast.Variable: _Walk.variable,
    ast.Call: _Walk.call,
    ast.Text: _Walk.text,
    ast.Encode: _Walk.encode,
    ast.Bind: _Walk.bind,
    ast.Reduce: _Walk.loop,
    ast.Foreach: _Walk.loop,
    ast.Label: _Walk.label,
    ast.Break: _Walk.leave,
    ast.Define: _Walk.define,
}
