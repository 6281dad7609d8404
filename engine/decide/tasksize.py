"""The limit of payloads."""

from __future__ import annotations

from engine.decide.faults import Fault, standard_error
from engine.decide.transition import Transition


def check_size(transition: Transition, what: str, payload: str) -> None:
    """Raise a `Fault` for a payload above the limit."""
    limit = transition.limits.payload_bytes_max
    if len(payload) > limit:
        raise Fault(standard_error("runtime", f"the {what} has {len(payload)} bytes, the limit is {limit}"))
