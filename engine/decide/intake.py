"""JSON texts from outside: not deeper than everybody can read them, and without halves of characters."""

from __future__ import annotations

import json
import re

from engine.depth import is_deeper

DEPTH_MAX = 500
TOO_DEEP = f"it nests deeper than the limit of {DEPTH_MAX} levels"

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def is_too_deep(text: str) -> bool:
    """Tell whether arrays and objects nest too deep in this JSON text, without parsing it."""
    return is_deeper(text, DEPTH_MAX)


def whole(text: str) -> str:
    """Give the JSON text with U+FFFD for each escaped half of a surrogate pair, which nobody could write as UTF-8."""
    if "\\u" not in text or not _SURROGATE.search(text):
        return text
    try:
        data = json.loads(text)
    except ValueError:
        return text
    written = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
