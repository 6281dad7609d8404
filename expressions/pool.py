"""Evaluates what is not bounded, in processes that can be killed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import lru_cache
from types import TracebackType

from expressions.failures import beyond, check_input, check_result, failed_outside
from expressions.limits import Limits
from expressions.program import Program
from expressions.worker import Crashed, DeadlinePassed, Reply, Worker

_MIB = 1024 * 1024


class EvaluatorPool:
    """A fixed number of evaluator processes, started beforehand. Use it as an asynchronous context manager.

    One evaluation has one process to itself until it ends or its deadline passes; further ones wait for a free process.
    """

    def __init__(self, limits: Limits | None = None, size: int = 2) -> None:
        self.limits = limits or Limits()
        self._workers = [Worker(self.limits) for _ in range(size)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._revivals: set[asyncio.Task[None]] = set()
        self._program = lru_cache(maxsize=self.limits.programs)(Program)

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    async def start(self) -> None:
        """Start the processes: all or none."""
        try:
            await asyncio.gather(*(worker.start() for worker in self._workers))
        except BaseException:
            await self.aclose()
            raise
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def aclose(self) -> None:
        """End the processes, and wait until they are gone."""
        for task in self._revivals:
            task.cancel()
        await asyncio.gather(*self._revivals, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def __aenter__(self) -> EvaluatorPool:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def evaluate(self, source: str, prepared_text: str) -> str:
        """Give the first result as compact JSON text, `null` without one, for a text from `Evaluator.prepare`.

        Raises `ExpressionFailed`, also when a limit is passed; `OSError` when no evaluator process can be started.
        """
        program = self._program(source)
        check_input(program, prepared_text, self.limits)
        worker = await self._idle.get()
        try:
            return await self._evaluate(worker, program, prepared_text)
        except DeadlinePassed:
            raise beyond(program, f"it took longer than the limit of {self.limits.deadline_s:g} s") from None
        except Crashed:
            memory = self.limits.memory_bytes // _MIB
            raise beyond(program, f"it needed more memory than the limit of {memory} MiB") from None
        finally:
            self._give_back(worker)

    async def _evaluate(self, worker: Worker, program: Program, text: str) -> str:
        reply = await self._run(worker, program.outside_text, text)
        if reply.status == "R":
            return check_result(program, reply.text, self.limits)
        if reply.status == "O":
            raise beyond(
                program, f"the result has {reply.text} bytes, more than the limit of {self.limits.output_bytes}"
            )
        if reply.status == "M":
            raise Crashed
        raise failed_outside(program, await self._marked(worker, program, text) or reply.text, text)

    async def _marked(self, worker: Worker, program: Program, text: str) -> str:
        """Give the message with the mark of its part; empty when a second run does not end like the first."""
        try:
            reply = await self._run(worker, program.traced_text, text)
        except (Crashed, DeadlinePassed):
            return ""
        return reply.text if reply.status == "E" else ""

    async def _run(self, worker: Worker, program: str, text: str) -> Reply:
        """Run the program. A used process may have lost its memory to others before: then a fresh one decides."""
        if not worker.is_alive:
            await worker.start()
        used = worker.runs > 0
        try:
            return await worker.run(program, text)
        except Crashed:
            if not used:
                raise
        await worker.start()
        return await worker.run(program, text)

    def _give_back(self, worker: Worker) -> None:
        if worker.is_alive:
            self._idle.put_nowait(worker)
            return
        task = asyncio.create_task(self._revive(worker))
        self._revivals.add(task)
        task.add_done_callback(self._revivals.discard)

    async def _revive(self, worker: Worker) -> None:
        # If it does not come up, the next evaluation tries again and says so.
        with suppress(OSError):
            await worker.start()
        self._idle.put_nowait(worker)
