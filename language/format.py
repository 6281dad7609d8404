"""One way to lay out a document. Comments, the order of keys and the author's quotes stay as they are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import YAMLError

from engine.errors import InvalidDefinition, Problem
from language.document import read
from language.json_text import read_json
from language.layout import Unusual, laid_out
from language.places import Limits
from language.reading import Unreadable

_WIDTH = 2**31 - 1


def formatted(text: str) -> str:
    """Give the document in its canonical layout: two spaces a level, items of lists indented, no trailing blanks.

    JSON stays JSON. Formatting twice gives the same as formatting once. Raises `InvalidDefinition` when the text
    cannot be read, or cannot be laid out without changing what it means.
    """
    document = read(text)
    if document.problems:
        raise InvalidDefinition(document.problems)
    as_json = _laid_out_json(text)
    for candidate in [as_json] if as_json else _laid_out_yaml(text):
        if candidate == text or read(candidate).data == document.data:
            return candidate
    message = "this document cannot be formatted without changing what it means; lay it out by hand"
    raise InvalidDefinition([Problem(pointer="", message=message, line=1, column=1)])


def _laid_out_json(text: str) -> str:
    """Give the canonical layout of JSON text; empty for YAML."""
    try:
        value = read_json(text.removeprefix("\ufeff"), Limits()).value
    except Unreadable:
        return ""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _laid_out_yaml(text: str) -> Iterator[str]:
    """Give the layouts to try: the fast one, then the slow one, without blanks at the ends of lines and with them."""
    unix = text.removeprefix("\ufeff").replace("\r\n", "\n")
    by_tokens = _by_tokens(unix)
    if by_tokens is not None:
        yield by_tokens
    yield _settled(_without_trailing_blanks(unix)).rstrip("\n") + "\n"
    yield _settled(unix)


def _by_tokens(text: str) -> str | None:
    """Give the layout that changes nothing but white space, and itself no more; `None` if there is none."""
    try:
        candidate = laid_out(text)
        settled = candidate == text or laid_out(candidate) == candidate
    except (Unusual, yaml.YAMLError, IndexError):
        return None
    return candidate if settled and "".join(candidate.split()) == "".join(text.split()) else None


def _settled(text: str) -> str:
    """Lay out until nothing changes any more, which takes one more time at most: comments may move twice."""
    once = _round_trip(text)
    return once if once == text else _round_trip(once)


class _Constructor(RoundTripConstructor):
    """Takes what looks like a date for text, as YAML 1.2's core schema does."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def _round_trip(text: str) -> str:
    slow = YAML(typ="rt")
    slow.Constructor = _Constructor
    slow.preserve_quotes = True
    slow.width = _WIDTH
    slow.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    try:
        slow.dump(slow.load(text), out)
    except (YAMLError, ValueError, RecursionError) as error:
        message = f"this document cannot be formatted: {error}"
        raise InvalidDefinition([Problem(pointer="", message=message, line=1, column=1)]) from None
    return out.getvalue()


def _without_trailing_blanks(text: str) -> str:
    return "\n".join(line.rstrip(" \t") for line in text.split("\n"))
