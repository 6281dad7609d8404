"""Opaque cursors: where a page ended, so that the next one begins behind it, whatever was added meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

#: Greatest number in a cursor: exact in JSON everywhere.
GREATEST = 2**53 - 1


class InvalidCursor(ValueError):
    """The cursor was not given by this list with this order."""

    def __init__(self) -> None:
        super().__init__("expected a cursor given by a page of this list in the same order; begin without one")


def encode_cursor(kind: str, *values: str | int) -> str:
    """Give the cursor of a list of this kind that ended at `values`."""
    text = json.dumps([kind, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str, *types: type) -> list[Any]:
    """Give the values of a cursor. Raises `InvalidCursor` when it is of another kind, or not a cursor."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor from None
    if not isinstance(found, list) or found[:1] != [kind] or [type(value) for value in found[1:]] != list(types):
        raise InvalidCursor
    if any(isinstance(value, int) and not 0 <= value <= GREATEST for value in found[1:]):
        raise InvalidCursor
    return found[1:]
