"""How deep JSON text nests, without parsing it."""

from __future__ import annotations

import re
from itertools import accumulate

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHER = bytes(set(range(256)) - _STEPS.keys())


def is_deeper(text: str, depth: int) -> bool:
    """Tell whether arrays and objects nest deeper than `depth` in this JSON text."""
    if text.count("[") + text.count("{") <= depth:
        return False
    brackets = _STRING.sub("", text).encode("utf-8", "replace").translate(None, _OTHER)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > depth
