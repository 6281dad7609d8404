"""Reading one field of a commit without the rest: most records on the topic are of runs nobody here waits for."""

from __future__ import annotations

from engine.events import Commit
from schemas.binary import read_long
from schemas.codec import decode_as
from schemas.registry import schema

_HEADER_BYTES = 5
_PREFIX = b"\0" + schema("Commit").id.to_bytes(4, "big")


def parent_of(value: bytes) -> bytes:
    """Give the field `parent` of a commit as it lies on the topic. Raises `ValueError` when the record is none."""
    if not value.startswith(_PREFIX):
        return decode_as(Commit, value).parent
    try:
        return _skip_to_parent(value)
    except IndexError:
        raise ValueError(f"the record is cut off: it ends after {len(value)} bytes") from None


def _skip_to_parent(value: bytes) -> bytes:
    """Go over run_id, command_id, command_offset, actor and at_ms, which stand before it."""
    at = _HEADER_BYTES
    for _ in ("run_id", "command_id"):
        size, at = read_long(value, at)
        at += size
    _, at = read_long(value, at)
    size, at = read_long(value, at)
    _, at = read_long(value, at + size)
    size, at = read_long(value, at)
    return value[at : at + size]
