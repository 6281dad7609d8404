"""Durations while a run goes on: evaluated, backed off, jittered. Milliseconds throughout."""

from __future__ import annotations

import json
from hashlib import blake2b

from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit
from engine.definition.durations import DURATION_MAX_MS, duration_ms
from engine.definition.model import RetryPolicy, Value
from engine.paths import nth

#: The longest delay there is.
DELAY_MAX_MS = DURATION_MAX_MS


def milliseconds(visit: Visit, slot: str, duration: Value | None) -> int:
    """Give a duration of the definition, evaluated where it is an expression; 0 for none."""
    if duration is None:
        return 0
    if duration.constant is not None:
        return int(duration.constant)
    result = json.loads(visit.evaluate(slot, duration, visit.input))
    try:
        return duration_ms(result)
    except ValueError as error:
        raise Fault(standard_error("configuration", f"{slot}: {error}")) from error


def retry_delay_ms(visit: Visit, policy: RetryPolicy, attempt: int) -> int:
    """Give the delay before attempt `attempt` (from 2): backoff, ceiling, derived jitter."""
    past = attempt - 2
    delay = milliseconds(visit, nth("retry.delay", past + 1), policy.delay)
    match policy.backoff:
        case "linear":
            increment = milliseconds(visit, nth("retry.increment", past + 1), policy.increment) or delay
            delay += past * increment
        case "exponential":
            delay = _multiplied(delay, policy.factor, past)
    if policy.delay_max is not None:
        delay = min(delay, milliseconds(visit, nth("retry.maxDelay", past + 1), policy.delay_max))
    return min(delay + _jitter_ms(visit, policy, attempt), DELAY_MAX_MS)


def _multiplied(delay_ms: int, factor: float, times: int) -> int:
    """Give the delay multiplied by the factor again and again, up to the longest delay there is."""
    grown = float(delay_ms)
    for _ in range(min(times, 64)):
        grown = min(grown * factor, float(DELAY_MAX_MS))
    return round(grown)


def _jitter_ms(visit: Visit, policy: RetryPolicy, attempt: int) -> int:
    low = milliseconds(visit, nth("retry.jitter.from", attempt - 1), policy.jitter_from)
    high = milliseconds(visit, nth("retry.jitter.to", attempt - 1), policy.jitter_to)
    if high <= low:
        return low
    seed = f"{visit.transition.state.run_id}{visit.path}#{attempt}".encode()
    return low + int.from_bytes(blake2b(seed, digest_size=8).digest(), "big") % (high - low + 1)
