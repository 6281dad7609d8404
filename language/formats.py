"""The formats that texts of the language have. Each function gives what is wrong, or empty text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import re2  # type: ignore[import-untyped]

from engine.definition.listening import is_pattern
from language.cron import cron_fault
from language.patterns import pattern

_DURATION = re.compile(
    r"P(?=[\dT])(?:\d+(?:\.\d+)?W)?(?:\d+(?:\.\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?",
    re.ASCII,
)
_OF_THE_CALENDAR = re.compile(r"P[\d.]+[YM]", re.ASCII)
_SEMVER = re.compile(
    r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_DSL = re.compile(r"1\.0\.\d{1,4}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_BRACED = re.compile(r"\{([^{}]*)\}")
#: The longest regular expression of an event filter, as in `expressions.regular`.
PATTERN_MAX = 1_000
_OPERATORS = frozenset("+#./;?&=,!@|")


def duration_fault(text: str) -> str:
    """ISO 8601, with units from weeks down to seconds."""
    if len(text) <= 100 and _DURATION.fullmatch(text):
        return ""
    if _OF_THE_CALENDAR.match(text[:100]):
        return 'counts years or months, which are not all of one length; write days, such as "P30D"'
    return 'is no ISO 8601 duration; write it like "PT30S", "PT1H30M" or "P1DT12H", or as a mapping of units'


def semver_fault(text: str) -> str:
    """Semantic Versioning 2.0."""
    if len(text) <= 255 and _SEMVER.fullmatch(text):
        return ""
    return 'is no semantic version; write three numbers with dots, such as "1.0.0"'


def label_fault(text: str) -> str:
    """RFC 1123 label, upper case allowed."""
    if _LABEL.fullmatch(text):
        return ""
    if len(text) > 63:
        return f"is {len(text)} characters long; the limit is 63"
    return "may hold only letters, digits and hyphens, and must start and end with a letter or digit"


def dsl_version_fault(text: str) -> str:
    """The versions of the language that run here."""
    return "" if _DSL.fullmatch(text) else 'is no version of the language that runs here; write "1.0.3"'


def uri_template_fault(text: str) -> str:
    """An absolute URI with simple expansions only (RFC 6570, level 1)."""
    if not _SCHEME.match(text):
        return 'is no absolute URI; write it with its scheme, such as "https://example.com/path", or as ${ expression }'
    return uri_reference_fault(text)


def uri_reference_fault(text: str) -> str:
    """A URI or a relative reference, with simple expansions only."""
    if not text:
        return "is empty; write a URI"
    if any(char.isspace() for char in text):
        return "holds a space; write %20 in a URI"
    rest = _BRACED.sub("", text)
    if "{" in rest or "}" in rest:
        return 'has a "{" without its "}" or the other way round'
    for name in _BRACED.findall(text):
        if not name:
            return 'has an empty "{}"; write the name of a key of the input in it'
        if name[0] in _OPERATORS:
            return f'has "{{{name}}}"; only the simple form "{{name}}" is supported, use ${{ expression }} for more'
    return ""


def json_pointer_fault(text: str) -> str:
    """RFC 6901."""
    if text and not text.startswith("/"):
        return 'is no JSON Pointer; it must start with "/"'
    return "" if not re.search(r"~(?![01])", text) else 'has a "~" that is not followed by 0 or 1'


def date_time_fault(text: str) -> str:
    """RFC 3339."""
    if _INSTANT.fullmatch(text):
        try:
            datetime.fromisoformat(text.upper())
        except ValueError as error:
            return f"is no instant: {error}"
        return ""
    return 'is no instant; write it like "2026-01-31T09:30:00Z"'


def event_attribute_fault(text: str) -> str:
    """A text, or a regular expression that RE2 knows."""
    if not is_pattern("", text):
        return ""
    if len(text) > PATTERN_MAX:
        return f"is a regular expression of {len(text)} characters; the limit is {PATTERN_MAX}"
    try:
        pattern(text)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        return f"is no regular expression that can be used: {reason}; there is no look-around and no back reference"
    return ""


#: By the name that `format` has in the schema.
FORMATS: dict[str, Callable[[str], str]] = {
    "duration": duration_fault,
    "semver": semver_fault,
    "label": label_fault,
    "dsl-version": dsl_version_fault,
    "uri-template": uri_template_fault,
    "uri-reference": uri_reference_fault,
    "json-pointer": json_pointer_fault,
    "date-time": date_time_fault,
    "cron": cron_fault,
    "event-attribute": event_attribute_fault,
}
