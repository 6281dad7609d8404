"""Regular expressions of event filters, by RE2: time and memory are linear in the text, whatever the expression.

It has no look-around and no back references; see https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

#: The longest expression, in characters.
MAX_LENGTH = 1_000

_options = re2.Options()
_options.log_errors = False


def matches(pattern: str, text: str) -> bool:
    """Tell whether the expression matches the whole text; one with a fault matches nothing."""
    found = _compiled(pattern)
    return not isinstance(found, str) and found.fullmatch(text) is not None


def fault(pattern: str) -> str:
    """Give what is wrong with a regular expression, or empty text."""
    found = _compiled(pattern)
    return found if isinstance(found, str) else ""


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """Give the compiled expression, or in words why there is none."""
    if len(pattern) > MAX_LENGTH:
        return f"it has {len(pattern)} characters, the limit is {MAX_LENGTH}"
    try:
        return re2.compile(pattern, _options)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
