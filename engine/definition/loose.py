"""`evaluate.mode: loose`: texts that may be expressions, in values in which the standard allows them.

Whether such a text is an expression is known only to who knows the expression language, so it is decided when the value
is needed (`engine.decide.settling`). Here the texts are set apart from those that are what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Gives a part of a document as the mode of the document has it read.
Read = Callable[[Any], Any]


class LooseText(str):
    """A text of a document that stands where an expression may, in loose mode."""

    __slots__ = ()


def loosened(part: Any) -> Any:
    """Give a part of a document with every text in it marked as one that may be an expression. Keys stay texts."""
    if isinstance(part, str):
        return LooseText(part)
    if isinstance(part, dict):
        return {key: loosened(item) for key, item in part.items()}
    return [loosened(item) for item in part] if isinstance(part, list) else part


def as_written(part: Any) -> Any:
    """Give a part of a document as it is: what strict mode makes of it."""
    return part


def holds_loose(part: Any) -> bool:
    """Tell whether a text that may be an expression is anywhere in this part."""
    if isinstance(part, dict):
        return any(map(holds_loose, part.values()))
    return any(map(holds_loose, part)) if isinstance(part, list) else isinstance(part, LooseText)
