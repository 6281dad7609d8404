"""`call: ledger`, a plug-in of these tests: notes each execution in a file before it does anything else.

The file is the side ledger of the chaos test: it knows nothing of Kafka or Postgres, so it says independently which
task was executed, how often, and with which idempotency key.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel

VARIABLE = "CHAOS_LEDGER"


class LedgerArguments(BaseModel, extra="forbid"):
    """What the task shall do after it was noted."""

    n: int = 0
    #: Fail in every pass through a `try` but the later ones.
    fails_first: bool = False
    takes_s: float = 0.0


class OutOfOrder(Exception):
    """The scripted failure of a first pass."""

    retryable = True

    def __init__(self) -> None:
        self.problem = {
            "type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
            "status": 503,
            "title": "Out of order",
        }
        super().__init__("out of order")


class Ledger:
    """Appends a line to the ledger and gives `n + 1`."""

    name = "ledger"
    version = "1.0.0"
    With = LedgerArguments
    Output = Any

    async def run(self, with_: LedgerArguments, ctx: Any) -> Any:
        """Note the execution; then fail, take long, or give the result."""
        note(
            {
                "key": ctx.idempotency_key,
                "run": ctx.run_id,
                "path": ctx.path,
                "attempt": ctx.attempt,
                "pid": os.getpid(),
                "at": time.time(),
            }
        )
        await _take(with_.takes_s)
        if with_.fails_first and "/try/" in ctx.path:
            raise OutOfOrder
        return {"n": with_.n + 1}


async def _take(duration_s: float) -> None:
    """Let time pass, as real work would."""
    if duration_s:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration_s):
                await asyncio.Event().wait()


def note(entry: dict[str, Any]) -> None:
    """Append one line. One write to a file opened for appending is never torn by another process."""
    line = json.dumps(entry).encode() + b"\n"
    file = os.open(Path(os.environ[VARIABLE]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line)
    finally:
        os.close(file)
