"""Splits a jq program into tokens, as jq 1.8 does, with the place of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from expressions.errors import Mistake

KEYWORDS = frozenset(
    "as import include module def if then else elif and or end reduce foreach try catch label break".split()
)
_OPENING = {"(": ")", "[": "]", "{": "}"}
_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \r\n\t]+ | \#(?:\\(?:\\|\r?\n)|[^\n])*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<field>\.{_NAME})
    | (?P<variable>\$(?:{_NAME}::)*{_NAME})
    | (?P<name>(?:{_NAME}::)*{_NAME})
    | (?P<format>@[A-Za-z0-9_]+)
    | (?P<quote>")
    | (?P<symbol>\?//|//=|!=|==|//|\|=|\+=|-=|\*=|/=|%=|<=|>=|\.\.|[.?=;,:|+\-*/%$<>(){{}}\[\]])
    """,
    re.VERBOSE,
)
_LITERAL = re.compile(r'[^\\"]+|(?:\\[^u(]|\\u[A-Za-z0-9]{0,4})+', re.DOTALL)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[\"\\/bfnrt])|u(?P<high>[dD][89abAB]\w\w)\\u(?P<low>[dD][c-fC-F]\w\w)|u(?P<code>[0-9a-fA-F]{4}))"
)
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text (of a string part: what it means), and where it starts and ends."""

    kind: str
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return "the end of the expression" if self.kind == "end" else f"`{self.text}`"


def tokens(source: str) -> list[Token]:
    """Give the tokens of `source` and an `end`; a string comes as `quote`, its `literal`s and `open`s, `unquote`.

    Raises `Mistake` at the first thing that is no token.
    """
    _check_characters(source)
    return list(_scan(source))


def _check_characters(source: str) -> None:
    wrong = _NO_TEXT.search(source)
    if wrong is not None:
        raise Mistake(at=wrong.start(), expected="text", found=f"the character U+{ord(wrong.group()):04X}")


def _scan(source: str) -> Iterator[Token]:
    awaited: list[str] = []
    at = 0
    while at < len(source):
        token = _token_at(source, at)
        at = token.end
        if token.kind == "symbol":
            token = _bracket(token, awaited)
        if token.kind != "space":
            yield token
        if token.kind in {"quote", "close"}:
            for part in _string(source, token.end):
                at = part.end
                yield part
                if part.kind == "open":
                    awaited.append('")')
    if awaited:
        closing = awaited[-1][-1]
        raise Mistake(at=at, expected=f"`{closing}`", found="the end of the expression")
    yield Token("end", "", at, at)


def _token_at(source: str, at: int) -> Token:
    match = _TOKEN.match(source, at)
    if match is None or match.lastgroup is None:
        raise Mistake(at=at, expected="a jq expression", found=f"`{source[at]}`")
    kind, text = match.lastgroup, match.group()
    if kind == "name" and text in KEYWORDS:
        kind = "keyword"
    return Token(kind, text, at, match.end())


def _bracket(token: Token, awaited: list[str]) -> Token:
    """Keep account of brackets. The one that ends an interpolation becomes a `close`, and the string goes on."""
    if token.text in _OPENING:
        awaited.append(_OPENING[token.text])
    elif token.text in _OPENING.values():
        expected = awaited.pop() if awaited else ""
        if expected[-1:] != token.text:
            wanted = f"`{expected[-1]}`" if expected else "the end of the expression"
            raise Mistake(at=token.start, expected=wanted, found=str(token))
        if len(expected) > 1:
            return Token("close", ")", token.start, token.end)
    return token


def _string(source: str, at: int) -> Iterator[Token]:
    """Give the parts of a string from `at` on, up to its end or the next interpolation."""
    while at < len(source):
        if source[at] == '"':
            yield Token("unquote", '"', at, at + 1)
            return
        if source.startswith("\\(", at):
            yield Token("open", "\\(", at, at + 2)
            return
        match = _LITERAL.match(source, at)
        if match is None:
            break
        yield Token("literal", _unescaped(match.group(), at), at, match.end())
        at = match.end()
    raise Mistake(at=len(source), expected='`"`, the end of the string', found="the end of the expression")


def _unescaped(text: str, start: int) -> str:
    if text[0] != "\\":
        return text
    parts, at = [], 0
    while at < len(text):
        match = _ESCAPE.match(text, at)
        character = _character(match) if match else None
        if match is None or character is None:
            raise Mistake(
                at=start + at, expected="an escape of JSON, such as `\\n` or `\\u00e9`", found=f"`{text[at : at + 6]}`"
            )
        parts.append(character)
        at = match.end()
    return "".join(parts)


def _character(match: re.Match[str]) -> str | None:
    if match["simple"]:
        return _SIMPLE[match["simple"]]
    if match["high"]:
        try:
            return chr(0x10000 + (int(match["high"], 16) - 0xD800) * 0x400 + int(match["low"], 16) - 0xDC00)
        except ValueError:
            return None
    character = chr(int(match["code"], 16))
    return None if "\ud800" <= character <= "\udfff" else character
