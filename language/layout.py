"""Lays out YAML by its tokens: what is written stays, only the white space between is made anew.

Libyaml's scanner gives the tokens; between two of them stand blanks, line ends and comments alone. So comments, quotes
and the order of keys cannot be lost, and the time goes into C. What is rare (directives, `?` keys, text blocks with an
indentation of their own) is left to a slower way: `Unusual`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from language.layout_texts import block_text, folded_text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = 2
_BLOCK_STYLES = ("|", ">")
_OPENERS = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSERS = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_TIGHT_BEFORE = (*_CLOSERS, yaml.FlowEntryToken, yaml.ValueToken)
_UNUSUAL = (yaml.DirectiveToken, yaml.DocumentEndToken)
_COMMENT = re.compile(r"[ \t]*(#.*)")


class Unusual(Exception):
    """The document has something that is not laid out here."""


@dataclass(slots=True)
class _Block:
    """A mapping or a list over lines: the column it had and the one it gets."""

    is_list: bool
    was: int
    now: int
    #: A list whose items stand below their key without an indentation: the tokens do not tell where it begins and ends.
    is_flush: bool = False


@dataclass(slots=True)
class _Layout:
    text: str
    out: list[str] = field(default_factory=list)
    end: int = 0
    blocks: list[_Block] = field(default_factory=list)
    flow: int = 0
    last: yaml.Token | None = None
    starts_key: bool = False
    #: The blocks around the last token: a comment behind it may belong to one that ends there.
    around: list[_Block] = field(default_factory=list)

    def take(self, token: yaml.Token) -> None:
        match token:
            case yaml.BlockMappingStartToken() | yaml.BlockSequenceStartToken():
                self.open(token, is_list=isinstance(token, yaml.BlockSequenceStartToken))
            case yaml.BlockEndToken():
                self.close_flush()
                self.blocks.pop()
            case yaml.KeyToken():
                self.key(token)
            case yaml.BlockEntryToken() if not self.blocks[-1].is_list:
                top = self.blocks[-1]
                self.blocks.append(_Block(is_list=True, was=top.was, now=top.now + _STEP, is_flush=True))
                self.write(token)
            case _ if token.start_mark.index < token.end_mark.index:
                self.write(token)

    def open(self, token: yaml.Token, *, is_list: bool) -> None:
        now = self.blocks[-1].now + _STEP if self.blocks else 0
        self.blocks.append(_Block(is_list=is_list, was=token.start_mark.column, now=now))

    def key(self, token: yaml.Token) -> None:
        if token.start_mark.index < token.end_mark.index:
            raise Unusual
        if not self.flow:
            self.close_flush()
            self.starts_key = True

    def close_flush(self) -> None:
        if self.blocks and self.blocks[-1].is_flush:
            self.blocks.pop()

    def write(self, token: yaml.Token) -> None:
        """Write what stands between the last token and this one, and the token."""
        if isinstance(token, _CLOSERS):
            self.flow -= 1
        start = token.start_mark.index
        gap = self.text[self.end : start]
        column = self.column(token)
        self.out.append(self.broken(gap, column, token) if "\n" in gap else self.inline(gap, token))
        self.out.append(self.written(token))
        if isinstance(token, _OPENERS):
            self.flow += 1
        self.last, self.starts_key, self.around = token, False, [*self.blocks]

    def column(self, token: yaml.Token) -> int:
        """Give the column that a token gets when it begins a line."""
        if not self.blocks or isinstance(token, yaml.DocumentStartToken):
            return 0
        now = self.blocks[-1].now
        if self.flow or isinstance(token, _CLOSERS):
            return now + _STEP * self.flow
        begins = isinstance(token, yaml.BlockEntryToken) or self.starts_key
        return now if begins else now + _STEP

    def written(self, token: yaml.Token) -> str:
        """Give the token's own text. Notes where it ends: line ends behind a text block belong to what follows."""
        start, end = token.start_mark.index, token.end_mark.index
        text = self.text[start:end]
        inside = self.blocks[-1].now + _STEP * (1 + self.flow) if self.blocks else 0
        self.end = end
        if not isinstance(token, yaml.ScalarToken):
            return text
        if token.style in _BLOCK_STYLES:
            text = text.rstrip("\n ")
            self.end = start + len(text)
            laid_out = block_text(text, inside)
            if laid_out is None:
                raise Unusual
            return laid_out
        return folded_text(text, inside) if "\n" in text else text

    def inline(self, gap: str, token: yaml.Token) -> str:
        """Give the blanks between two tokens of one line."""
        last = self.last
        if last is None:
            return ""
        if isinstance(token, yaml.ValueToken) and isinstance(last, yaml.AliasToken):
            return " "
        if isinstance(token, _CLOSERS) and isinstance(last, yaml.ValueToken):
            return gap[:1]
        return "" if isinstance(token, _TIGHT_BEFORE) or isinstance(last, _OPENERS) else " "

    def broken(self, gap: str, column: int, token: yaml.Token | None) -> str:
        """Give a gap with line ends: the comment behind the last token, comments and empty lines, the indentation."""
        first, *lines, _ = gap.split("\n")
        was = token.start_mark.column if token else 0
        parts = [behind(first) if self.last else first.strip()]
        for line in lines:
            comment = line.strip()
            indent = self.comment_column(len(line) - len(line.lstrip()), was, column) if comment else 0
            parts.append(" " * indent + comment)
        return "\n".join([*parts, " " * column])

    def comment_column(self, had: int, was: int, now: int) -> int:
        """Give the column of a comment: that of the next token, or that of the block that it stands in."""
        if had <= was or self.flow:
            return now
        nearest = min(self.around, key=lambda block: abs(block.was - had), default=None)
        return now if nearest is None or abs(nearest.was - had) >= had - was else nearest.now


def behind(blanks: str) -> str:
    """Give the comment behind a token with its distance, a blank at least; no more blanks without one."""
    found = _COMMENT.fullmatch(blanks)
    if found is None:
        return ""
    distance = max(1, found.start(1))
    return " " * distance + found.group(1).rstrip()


def laid_out(text: str) -> str:
    """Give a YAML text in its canonical layout. Raises `Unusual`, and what libyaml raises for text that is no YAML."""
    layout = _Layout(text=text)
    for token in _usual(text):
        layout.take(token)
    rest = layout.text[layout.end :]
    return "".join([*layout.out, _ending(layout, rest)])


def _usual(text: str) -> Iterator[yaml.Token]:
    for token in yaml.scan(text, Loader=_LOADER):
        if isinstance(token, _UNUSUAL):
            raise Unusual
        yield token


def _ending(layout: _Layout, rest: str) -> str:
    """Give what stands behind the last token: comments, and one line end."""
    first, *lines = rest.split("\n")
    indents = [layout.comment_column(len(line) - len(line.lstrip()), 0, 0) for line in lines]
    comments = [" " * indent + line.strip() for indent, line in zip(indents, lines, strict=True)]
    return "\n".join([behind(first), *comments]).rstrip("\n ") + "\n"
