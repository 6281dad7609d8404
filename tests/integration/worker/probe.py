"""A node type for tests, installed as a package of its own: it writes down when it runs, and waits to be let go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tests.eventually import eventually_async


class Probe:
    """Writes to a ledger when it starts, ends and is cancelled; waits for a file; then does what it is told."""

    name = "probe"
    version = "1.0.0"

    class With(BaseModel):
        ledger: Path
        gate: Path | None = None
        fault: str = ""
        output: Any = None
        secret: str = ""

    async def run(self, with_: With, ctx: Any) -> Any:
        self._note(with_, "start", ctx)
        try:
            gate = with_.gate
            if gate is not None:
                await eventually_async(lambda: asyncio.to_thread(gate.exists), within_s=60)
        except asyncio.CancelledError:
            self._note(with_, "cancelled", ctx)
            raise
        ctx.progress("log", f"told {ctx.secret(with_.secret) if with_.secret else 'nothing'}")
        if with_.fault == "exit":
            raise SystemExit(7)
        if with_.fault == "cancel":
            raise asyncio.CancelledError
        if with_.fault:
            raise RuntimeError("no such luck \ud800")
        self._note(with_, "end", ctx)
        return ctx.secret(with_.secret) if with_.secret else with_.output

    @staticmethod
    def _note(with_: With, what: str, ctx: Any) -> None:
        with with_.ledger.open("a") as ledger:
            ledger.write(f"{what} {ctx.idempotency_key}\n")
