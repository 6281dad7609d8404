"""Retry policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.definition.durations import duration_of
from engine.definition.model import RetryPolicy
from engine.definition.values import program_of

if TYPE_CHECKING:
    from engine.definition.compile import Compiler


def retry_of(compiler: Compiler, part: Any) -> RetryPolicy | None:
    """Give a retry policy, written out or named in `use.retries`."""
    if isinstance(part, str):
        part = compiler.use.get("retries", {})[part]
    if part is None:
        return None
    limit = part.get("limit") or {}
    attempt = limit.get("attempt") or {}
    backoff, details = _backoff(part.get("backoff") or {})
    jitter = part.get("jitter") or {}
    durations = {
        "delay": part.get("delay"),
        "increment": details.get("increment"),
        "delay_max": details.get("maxDelay"),
        "jitter_from": jitter.get("from"),
        "jitter_to": jitter.get("to"),
        "attempt_duration": attempt.get("duration"),
        "duration": limit.get("duration"),
    }
    return RetryPolicy(
        when=program_of(str(part["when"])) if "when" in part else None,
        except_when=program_of(str(part["exceptWhen"])) if "exceptWhen" in part else None,
        backoff=backoff,
        factor=float(details.get("factor") or details.get("multiplier") or 2.0),
        attempts_max=int(attempt.get("count") or 0),
        **{name: duration_of(compiler.read(value)) for name, value in durations.items() if value is not None},
    )


def _backoff(part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    for kind in ("exponential", "linear", "constant"):
        if kind in part:
            return kind, part[kind] or {}
    return "constant", {}
