"""The limit of payloads."""

from __future__ import annotations

from engine.decide.faults import Fault, standard_error
from engine.decide.transition import Transition


def check_size(transition: Transition, what: str, payload: str, limit: int | None = None) -> None:
    """Raise a `Fault` for a payload above the limit: that of payloads if none is given."""
    limit = transition.limits.payload_bytes_max if limit is None else limit
    if (size := excess_bytes(payload, limit)) is not None:
        raise Fault(standard_error("runtime", f"the {what} has {size} bytes, the limit is {limit}"))


def excess_bytes(payload: str, limit: int) -> int | None:
    """Give the size of a payload that is above the limit, `None` for one that is not."""
    if len(payload) * 4 <= limit:
        return None
    size = len(payload.encode("utf-8", "surrogatepass"))
    return size if size > limit else None
