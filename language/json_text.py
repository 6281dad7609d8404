"""Reads JSON text and keeps the place of every value."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from language.places import Limits, Place, escape
from language.reading import Reading, Unreadable
from language.scalars import NotJson, resolve

_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"true|false|null")


def read_json(text: str, limits: Limits) -> Reading:
    """Read one JSON value. Raises `Unreadable`."""
    reader = _Reader(text, limits)
    reader.reading.value = reader.value("", 1, None)
    reader.blank()
    if reader.at < len(text):
        raise reader.fault("there is more text after the end of the document; remove it")
    return reader.reading


class _Reader:
    """A position in the text, and what was read up to there."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.at = 0
        self.reading = Reading(limits=limits)
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def value(self, where: str, depth: int, key_at: int | None) -> Any:
        self.blank()
        place = self.place(key_at)
        self.reading.note(where, place)
        first = self.text[self.at : self.at + 1]
        if first in ("{", "["):
            self.reading.refuse_deep(depth, where, place)
            self.at += 1
            return self.mapping(where, depth) if first == "{" else self.items(where, depth)
        return self.string() if first == '"' else self.word_or_number()

    def mapping(self, where: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.closed("}", first=not found):
            self.blank()
            key_at = self.at
            if self.text[self.at : self.at + 1] != '"':
                raise self.fault('expected a key in double quotes, or "}"')
            key = self.string()
            self.expect(":")
            inside = f"{where}/{escape(key)}"
            if key in found:
                self.reading.twice(key, inside, self.place(key_at))
            found[key] = self.value(inside, depth + 1, key_at)
        return found

    def items(self, where: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while not self.closed("]", first=not found):
            found.append(self.value(f"{where}/{len(found)}", depth + 1, None))
        return found

    def closed(self, end: str, *, first: bool) -> bool:
        """Step over the end, or over the comma before the next entry."""
        self.blank()
        here = self.text[self.at : self.at + 1]
        if here == end:
            self.at += 1
            return True
        if not first:
            self.expect(",", f'expected "," or "{end}"')
        return False

    def string(self) -> str:
        try:
            found: tuple[str, int] = scanstring(self.text, self.at + 1, True)
        except JSONDecodeError as error:
            self.at = error.pos
            raise self.fault(f"text in quotes is broken here: {error.msg}") from None
        value, self.at = found
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise self.fault("half of a surrogate pair (\\ud800 to \\udfff) is no character; write both halves")
        return value

    def word_or_number(self) -> Any:
        match = _WORD.match(self.text, self.at) or _NUMBER.match(self.text, self.at)
        if match is None:
            raise self.fault("expected a value: text in double quotes, a number, true, false, null, { or [")
        word = match.group()
        try:
            value = _WORDS[word] if word in _WORDS else resolve(word, self.reading.limits.number_digits)
        except NotJson as error:
            raise self.fault(str(error)) from None
        self.at = match.end()
        return value

    def expect(self, token: str, message: str = "") -> None:
        self.blank()
        if not self.text.startswith(token, self.at):
            raise self.fault(message or f'expected "{token}"')
        self.at += len(token)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def place(self, key_at: int | None) -> Place:
        line, column = self.line_column(self.at)
        return Place(line, column, *(self.line_column(key_at) if key_at is not None else (line, column)))

    def line_column(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def fault(self, message: str) -> Unreadable:
        return Unreadable(message, *self.line_column(self.at))
