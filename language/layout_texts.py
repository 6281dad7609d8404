"""Texts over several lines, moved to another column."""

from __future__ import annotations

import re

_HEADER = re.compile(r"[|>][+-]?[ \t]*(?:#.*)?")


def block_text(text: str, column: int) -> str | None:
    """Give a text block (`|`, `>`) with its lines at `column`; `None` when it says its indentation itself."""
    header, *lines = text.split("\n")
    if _HEADER.fullmatch(header) is None:
        return None
    had = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
    moved = [" " * column + line[had:] if line[had:] else "" for line in lines]
    return "\n".join([header.rstrip(), *moved])


def folded_text(text: str, column: int) -> str:
    """Give a plain or quoted text over several lines with the lines behind the first at `column`."""
    first, *lines = text.split("\n")
    *inner, last = [line.strip(" \t") for line in lines]
    moved = [" " * column + line if line else "" for line in inner]
    return "\n".join([first.rstrip(" \t"), *moved, " " * column + last])
