"""The syntax tree of a jq program. Every node knows `at`, the offset in the author's text where it starts.

Shorthands are spelled out by the parser (`{a}` is `{"a": .a}`). Chains of `|` and `,` are one node.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`.`"""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Descend:
    """`..`"""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number, in the author's digits."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """`true`, `false` or `null`."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A constant array or object, as jq source; `nodes` counts every value in it."""

    at: int
    text: str
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string: literal parts and interpolated queries; `encoding` is the name behind `@`, empty without."""

    at: int
    parts: tuple[str | Node, ...]
    encoding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encode:
    """`@base64` and the like, applied to the input."""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """`$name`"""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`$__loc__`: the line of the author's text, counted from 1."""

    at: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """`.a`, `."a"`, `.[key]`; `quiet` when a `?` follows directly."""

    at: int
    target: Node
    key: Node
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`.[low:high]`"""

    at: int
    target: Node
    low: Node | None
    high: Node | None
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterate:
    """`.[]`"""

    at: int
    target: Node
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """`try body catch handler`, and `body?` without a handler."""

    at: int
    body: Node
    handler: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Negate:
    """`-body`"""

    at: int
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """`a | b | c`"""

    at: int
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comma:
    """`a, b, c`"""

    at: int
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """`left operator right` with `+ - * / %`, `== != < <= > >=`, `and or` or `//`."""

    at: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """`target operator value` with `= |= += -= *= /= %= //=`."""

    at: int
    operator: str
    target: Node
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """`[body]`; `body` is missing in `[]`."""

    at: int
    body: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One `key: value` of an object; without a value, the field of that name of the input."""

    at: int
    key: Node
    value: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """`{...}`"""

    at: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`name` or `name(a; b)`."""

    at: int
    name: str
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    """`if c then t elif c then t else otherwise end`; cases are pairs of condition and consequence."""

    at: int
    cases: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduce:
    """`reduce source as patterns (start; update)`"""

    at: int
    source: Node
    patterns: tuple[Pattern, ...]
    start: Node
    update: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreach:
    """`foreach source as patterns (start; update; extract)`"""

    at: int
    source: Node
    patterns: tuple[Pattern, ...]
    start: Node
    update: Node
    extract: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """`source as patterns | body`; more than one pattern are alternatives (`?//`)."""

    at: int
    source: Node
    patterns: tuple[Pattern, ...]
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """`label $name | body`"""

    at: int
    name: str
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """`break $name`"""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Define:
    """`def name(parameters): body; rest`; a parameter keeps its dollar."""

    at: int
    name: str
    parameters: tuple[str, ...]
    body: Node
    rest: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePattern:
    """`$name`"""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPattern:
    """`[p, q]`"""

    at: int
    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPattern:
    """`{key: p}`; `$name` and `$name: p` bind the name as well."""

    at: int
    fields: tuple[tuple[Node, str, Pattern | None], ...]


Pattern = NamePattern | ArrayPattern | ObjectPattern

Value = Identity | Descend | Number | Constant | Data | Text | Encode | Variable | Place | Array | Object
Path = Index | Slice | Iterate
Operator = Try | Negate | Pipe | Comma | Binary | Assign | Call
Control = If | Reduce | Foreach | Bind | Label | Break | Define
Node = Value | Path | Operator | Control
