"""Words for the author: what a schema asks for, what was found instead, what was probably meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_MAX_SHOWN = 60


def article(noun: str) -> str:
    """Put "a" or "an" before a noun."""
    if noun.startswith(("an ", "a ", "one of")):
        return noun
    return f"an {noun}" if noun[:1].lower() in "aeio" or noun.startswith("ISO") else f"a {noun}"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Join names as in a sentence: a, b and c."""
    *head, tail = list(names)
    return f"{', '.join(head)} {last} {tail}" if head else tail


def quoted(names: Iterable[str], last: str = "and") -> str:
    """Join names in quotes as in a sentence."""
    return listed([f'"{shortened(name)}"' for name in names], last)


def shortened(text: str) -> str:
    """Give the text on one line, cut if it is long."""
    flat = " ".join(text[: _MAX_SHOWN * 2].split()) if "\n" in text else text
    return flat if len(flat) <= _MAX_SHOWN else flat[: _MAX_SHOWN - 1] + "…"


def kind(value: Any) -> str:
    """Say what kind of value this is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a whole number", float: "a number", list: "a list", dict: "a mapping"}
    return names[type(value)]


def shown(value: Any) -> str:
    """Say what was found: its kind and, when short, the value itself."""
    if value is None or isinstance(value, dict | list):
        return kind(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{kind(value)} {shortened(json.dumps(value, ensure_ascii=False))}"


def types(names: str | Sequence[str]) -> str:
    """Say what kinds of value these JSON types are."""
    if isinstance(names, str):
        return _TYPES[names]
    return listed([_TYPES[name] for name in names], "or")


def label(path: Sequence[str | int]) -> str:
    """Name the value at a path for use in a sentence."""
    if not path:
        return "the document"
    last = path[-1]
    return f'"{shortened(last)}"' if isinstance(last, str) else f"item {last + 1} of {label(path[:-1])}"


class Suggestions:
    """Looks for what was probably meant. Stops after a number of tries: it is by far the slowest part of a check."""

    def __init__(self, tries: int = 100) -> None:
        self._left = tries

    def nearest(self, word: str, candidates: Iterable[str]) -> str:
        """Give the candidate that is most like the word, or empty text."""
        known = list(candidates)
        if self._left <= 0 or len(word) > 100 or len(known) > 2000:
            return ""
        self._left -= 1
        folded = {name.lower(): name for name in known}
        near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.65)
        return folded[near[0]] if near else ""

    def hint(self, word: str, candidates: Iterable[str]) -> str:
        """Give the end of a sentence: `; did you mean "x"?`, or empty text."""
        near = self.nearest(word, candidates)
        return f'; did you mean "{near}"?' if near else ""
