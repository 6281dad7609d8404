"""Durations while a run goes on: evaluated, backed off, jittered. Milliseconds throughout."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit
from engine.definition.durations import duration_ms
from engine.definition.model import RetryPolicy, Value

#: The longest delay there is: a hundred years.
DELAY_MAX_MS = 100 * 365 * 86_400_000


def milliseconds(visit: Visit, slot: str, duration: Value | None) -> int:
    """Give a duration of the definition, evaluated where it is an expression; 0 for none."""
    if duration is None:
        return 0
    if duration.constant is not None:
        return int(duration.constant)
    result = json.loads(visit.evaluate(slot, duration, visit.input))
    try:
        return min(duration_ms(result), DELAY_MAX_MS)
    except ValueError as error:
        raise Fault(standard_error("configuration", f"{slot}: {error}")) from error


def retry_delay_ms(visit: Visit, policy: RetryPolicy, attempt: int) -> int:
    """Give the delay before attempt `attempt` (from 2): backoff, ceiling, derived jitter."""
    delay = milliseconds(visit, "retry.delay", policy.delay)
    past = attempt - 2
    match policy.backoff:
        case "linear":
            increment = milliseconds(visit, "retry.increment", policy.increment) or delay
            delay += past * increment
        case "exponential":
            delay = round(min(float(delay) * policy.factor ** min(past, 64), float(DELAY_MAX_MS)))
    if policy.delay_max is not None:
        delay = min(delay, milliseconds(visit, "retry.maxDelay", policy.delay_max))
    return min(delay + _jitter_ms(visit, policy, attempt), DELAY_MAX_MS)


def _jitter_ms(visit: Visit, policy: RetryPolicy, attempt: int) -> int:
    low = milliseconds(visit, "retry.jitter.from", policy.jitter_from)
    high = milliseconds(visit, "retry.jitter.to", policy.jitter_to)
    if high <= low:
        return low
    seed = f"{visit.transition.state.run_id}{visit.path}#{attempt}".encode()
    return low + int.from_bytes(blake2b(seed, digest_size=8).digest(), "big") % (high - low + 1)
