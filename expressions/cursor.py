"""Where the parser is in the tokens of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from expressions.ast import Node
from expressions.errors import Mistake
from expressions.lexer import Token, tokens

#: How deep brackets, `as`, `def` and `-` may nest: more is no expression that anybody wrote by hand.
MAX_NESTING = 50
_FIXED = frozenset({"symbol", "keyword"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The two rules that terms and patterns come back to: a whole query, and operators without `,` `|` `as`."""

    query: Callable[[Cursor], Node]
    operation: Callable[[Cursor], Node]


class Cursor:
    """A position in a list of tokens. Every failure is a `Mistake` at the current token."""

    def __init__(self, source: str, grammar: Grammar) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._grammar = grammar
        self._position = 0
        self._nesting = 0

    @property
    def token(self) -> Token:
        """The current token."""
        return self._tokens[self._position]

    def query(self) -> Node:
        """Parse a query: anything."""
        return self._grammar.query(self)

    def operation(self) -> Node:
        """Parse operators and terms."""
        return self._grammar.operation(self)

    @property
    def symbol(self) -> str:
        """The current symbol or keyword; empty if the current token is something else."""
        token = self._tokens[self._position]
        return token.text if token.kind in _FIXED else ""

    def sees(self, *texts: str) -> bool:
        """Tell whether the current token is one of these symbols or keywords."""
        return self.symbol in texts

    def sees_string(self) -> bool:
        """Tell whether a string starts here, with or without a format before it."""
        following = self._tokens[min(self._position + 1, len(self._tokens) - 1)]
        return self.token.kind == "quote" or (self.token.kind == "format" and following.kind == "quote")

    def take(self) -> Token:
        """Give the current token and go on."""
        token = self.token
        if token.kind != "end":
            self._position += 1
        return token

    def accept(self, text: str) -> bool:
        """Go on if the current token is this symbol or keyword; tell whether it was."""
        if self.symbol != text:
            return False
        self._position += 1
        return True

    def expect(self, text: str) -> Token:
        """Take this symbol or keyword."""
        if not self.sees(text):
            raise self.mistake(f"`{text}`")
        return self.take()

    def expect_kind(self, kind: str, expected: str) -> Token:
        """Take a token of this kind."""
        if self.token.kind != kind:
            raise self.mistake(expected)
        return self.take()

    def line_of(self, token: Token) -> int:
        """Give the line a token is on, from 1."""
        return self._source.count("\n", 0, token.start) + 1

    def mistake(self, expected: str) -> Mistake:
        """Give the error for the current token."""
        if self.sees("?//"):
            expected = f"{expected}; for an alternative write `? //`, with a space,"
        return Mistake(at=self.token.start, expected=expected, found=str(self.token))

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count one level of nesting while inside."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise Mistake(
                at=self.token.start,
                expected=f"at most {MAX_NESTING} levels of nesting",
                found="one more level of nesting",
            )
        yield
        self._nesting -= 1
