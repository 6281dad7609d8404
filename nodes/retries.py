"""Trying a task again within one attempt: what a node type, or the author of a task, says about it.

These retries are short, stay in the worker and leave no trace in the history but a line shown live. Retries that take
long, or that are to be seen and survive everything, are those of `try` in the workflow.
"""

from __future__ import annotations

import zlib
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.definition.durations import duration_ms
from nodes.errors import NodeError

#: Retries are for what passes soon; with a longer wait asked for, the task ends by its error.
WAIT_MAX_MS: Final = 30_000
COUNT_MAX: Final = 20

DurationMs = Annotated[int, BeforeValidator(duration_ms), Field(json_schema_extra={"type": ["string", "object"]})]
Backoff = Literal["constant", "linear", "exponential"]


class Part(BaseModel):
    """Strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AttemptLimit(Part):
    """How often."""

    count: int = Field(default=3, ge=1, le=COUNT_MAX, description="How often the task is tried again.")


class Limit(Part):
    """When it is enough."""

    attempt: AttemptLimit = AttemptLimit()


class RetryRules(Part):
    """A retry policy of the workflow language, as far as it makes sense within a worker, and the statuses it is for."""

    delay: DurationMs = Field(default=200, description="Wait before the first retry, such as `PT0.5S`.")
    backoff: dict[Backoff, Any] = Field(
        default={"exponential": {}}, max_length=1, description="`constant`, `linear` or `exponential`."
    )
    limit: Limit = Limit()
    statuses: list[int] | None = Field(default=None, description="Only errors of these statuses; else what may pass.")

    def wait_ms(self, error: NodeError, retries: int, key: str) -> int | None:
        """Give how long to wait before the next retry, None for none. `retries` is how many there were.

        What a service asked for counts. `key` spreads tasks that failed together.
        """
        status = error.problem.get("status")
        is_meant = error.retryable if self.statuses is None else status in self.statuses
        if not is_meant or retries >= self.limit.attempt.count:
            return None
        asked = error.problem.get("retryAfterMs")
        wait = asked if isinstance(asked, int) else self._spread(retries, key)
        return wait if wait <= WAIT_MAX_MS else None

    def _spread(self, retries: int, key: str) -> int:
        factors: dict[str, int] = {"constant": 1, "linear": retries + 1, "exponential": 2**retries}
        factor = factors[next(iter(self.backoff), "constant")]
        share = zlib.crc32(f"{key}/{retries}".encode()) % 1000 / 1000
        return round(min(self.delay * factor, WAIT_MAX_MS) * (0.75 + share / 4))
