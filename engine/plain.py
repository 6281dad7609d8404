"""Instance paths as keys of a definition: the same address without the marks of repetition."""

from __future__ import annotations

_MARK = "@"


def plain(path: str) -> str:
    """Give an instance path without its marks of repetition."""
    if _MARK not in path:
        return path
    return "/".join(segment.partition(_MARK)[0] for segment in path.split("/"))
