"""The parser's complaints about YAML syntax, in words an author can act on."""

from __future__ import annotations

import yaml

from language.reading import Unreadable

#: Part of libyaml's message, and what to tell the author instead.
_WORDS = (
    (
        "mapping values are not allowed",
        'a ": " inside of a value that is not in quotes reads as the start of a mapping: put the whole value in quotes',
    ),
    ("cannot start any token", "this character cannot start a value: indent with spaces, not tabs, and quote @ and `"),
    ("could not find expected ':'", 'this line has no ":" after its key, or the text above it is not closed'),
    ("did not find expected key", "this does not line up with the keys above it: check the indentation and the quotes"),
    ("did not find expected '-' indicator", 'expected "- " here: an item of the list above, with the same indentation'),
    ("found unexpected end of stream", "a quote that was opened here is never closed"),
    ("did not find expected ',' or '}'", 'expected "," or "}" in the mapping that starts with "{"; quote ${ } in it'),
    ("did not find expected ',' or ']'", 'expected "," or "]" in the list that starts with "["; quote ${ } in it'),
    (
        "found unknown escape character",
        "unknown escape in double quotes: use single quotes, or write \\\\ for a backslash",
    ),
    ("special characters are not allowed", "the text holds a control character; remove it"),
    ("control characters are not allowed", "the text holds a control character; remove it"),
)


def unreadable(error: yaml.YAMLError, text: str) -> Unreadable:
    """Give the parser's error with our words, line and column."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        raw = " ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Unreadable(_said(raw), line, column)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position] if isinstance(error.position, int) else ""
        return Unreadable(
            _said(error.reason), before.count("\n") + 1, len(before) - before.rfind("\n") if before else 1
        )
    return Unreadable(f"this is no YAML: {error}", 1, 1)


def _said(raw: str) -> str:
    for part, words in _WORDS:
        if part in raw:
            return f"{words} (YAML: {raw})"
    return f"this is no YAML: {raw}"
