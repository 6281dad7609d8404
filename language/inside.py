"""Where a character of a text value stands in the document: below quotes, escapes, folds and indentation.

A value and what is written of it have the same characters but for white space, so the place of a character is found by
counting those that are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from language.places import Place

_PROPERTIES = re.compile(r"(?:[&!][^\s]*\s+)*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEX = {"x": 2, "u": 4, "U": 8}
#: Escapes for white space; those for control characters stand for what is none.
_BLANK_ESCAPES = frozenset("ntvfr_NLP \n\r\t")
_CONTROLS = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b"}
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)

#: A character of a value that is no white space, and its offset in the text.
_Written = tuple[str, int]


def place_inside(text: str, place: Place, value: str, offset: int) -> tuple[int, int]:
    """Give line and column of the character at `offset` of a text value, those of the value if that is not clear."""
    start = _offset_of(text, place)
    before = sum(not char.isspace() for char in value[:offset])
    wanted = next((char for char in value[offset:] if not char.isspace()), None)
    last = start
    for index, (char, at) in enumerate(_written(text, start)):
        if index == before and wanted is not None:
            return _place_of(text, at) if char == wanted else (place.line, place.column)
        last = at
        if wanted is None and index == before - 1:
            return _place_of(text, last + 1)
    return place.line, place.column


def _offset_of(text: str, place: Place) -> int:
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    line = starts[place.line - 1] if 0 < place.line <= len(starts) else len(text)
    found = _PROPERTIES.match(text, line + place.column - 1)
    return found.end() if found else len(text)


def _place_of(text: str, offset: int) -> tuple[int, int]:
    ends = [found.end() for found in _LINE_END.finditer(text, 0, offset)]
    return len(ends) + 1, offset - (ends[-1] if ends else 0) + 1


def _written(text: str, start: int) -> Iterator[_Written]:
    """Give the characters of the value that is written from `start` on, white space left out."""
    match text[start : start + 1]:
        case '"':
            return _double_quoted(text, start + 1)
        case "'":
            return _single_quoted(text, start + 1)
        case "|" | ">":
            end = _LINE_END.search(text, start)
            return _plain(text, end.end() if end else len(text))
        case _:
            return _plain(text, start)


def _plain(text: str, at: int) -> Iterator[_Written]:
    return ((text[place], place) for place in range(at, len(text)) if not text[place].isspace())


def _single_quoted(text: str, at: int) -> Iterator[_Written]:
    while at < len(text):
        if text[at] == "'":
            if text[at + 1 : at + 2] != "'":
                return
            yield "'", at
            at += 2
            continue
        if not text[at].isspace():
            yield text[at], at
        at += 1


def _double_quoted(text: str, at: int) -> Iterator[_Written]:
    while at < len(text) and text[at] != '"':
        char, size = _escaped(text, at) if text[at] == "\\" else (text[at], 1)
        if char and not char.isspace():
            yield char, at
        at += size


def _escaped(text: str, at: int) -> tuple[str, int]:
    """Give what an escape stands for, empty for white space and what counts as none, and how long it is."""
    kind = text[at + 1 : at + 2]
    if kind not in _HEX:
        return "" if kind in _BLANK_ESCAPES else _CONTROLS.get(kind, kind), 2
    size = 2 + _HEX[kind]
    code = int(text[at + 2 : at + size], 16)
    if code in _HIGH and text[at + size : at + size + 2] == "\\u":
        low = int(text[at + size + 2 : at + size + 6], 16)
        if low in _LOW:
            return chr(0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00), size + 6
    return chr(code), size
