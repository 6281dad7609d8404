"""Validates data that is too large for the engine's own process, in processes that can be killed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from types import TracebackType

from expressions.limits import Limits
from expressions.worker import Crashed, DeadlinePassed, Worker

#: The library and its parts take more of the address space than jq.
MEMORY_BYTES = 512 * 1024 * 1024


class ValidatorPool:
    """Validator processes, each started when it is first needed. Use it as an asynchronous context manager."""

    def __init__(self, limits: Limits | None = None, size: int = 1) -> None:
        self._limits = limits or Limits()
        memory = max(MEMORY_BYTES, self._limits.memory_bytes)
        command = (sys.executable, "-m", "language.validating", str(os.getpid()), str(memory))
        environment = {"TZ": "UTC0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._workers = [Worker(self._limits, command, environment) for _ in range(size)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    async def __aenter__(self) -> ValidatorPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def violations(self, schema: str, data: str) -> str:
        """Give the violations as a JSON array of sentences. Raises `OSError` when no process can be started."""
        worker = await self._idle.get()
        try:
            if not worker.is_alive:
                await worker.start()
            answer = await worker.run(schema, data)
        except DeadlinePassed:
            return _said(f"it takes longer than the limit of {self._limits.deadline_s:g} s")
        except Crashed:
            return _said("it needs more memory than there is")
        finally:
            self._idle.put_nowait(worker)
        return answer.text if answer.status == "R" else _said("it needs more memory than there is")


def _said(reason: str) -> str:
    return json.dumps([f"/: the value cannot be validated: {reason}; make the schema simpler or the data smaller"])
