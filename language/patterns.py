"""Regular expressions that authors write: RE2, whose time is linear in the text, whatever the expression."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

_options = re2.Options()
_options.log_errors = False


@lru_cache(maxsize=4096)
def pattern(source: str) -> Any:
    """Give the compiled pattern. Raises `re2.error` when RE2 does not know it."""
    return re2.compile(source, _options)
