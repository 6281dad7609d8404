"""JSON texts from outside: not deeper than everybody can read them, and without halves of characters."""

from __future__ import annotations

import json
import re
from itertools import accumulate

DEPTH_MAX = 500
TOO_DEEP = f"it nests deeper than the limit of {DEPTH_MAX} levels"

_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_OTHER = bytes(set(range(256)) - _STEPS.keys())


def is_too_deep(text: str) -> bool:
    """Tell whether arrays and objects nest too deep in this JSON text, without parsing it."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return False
    brackets = _STRINGS.sub("", text).encode("utf-8", "replace").translate(None, _OTHER)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH_MAX


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
