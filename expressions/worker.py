"""One evaluator process, seen from the process that started it."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jq

from expressions import child
from expressions.limits import Limits

#: Time zones are data of the machine, too: an evaluator process knows UTC alone.
_ENVIRONMENT = {"TZ": "UTC0"}
#: How long a process may take to come up, on a busy machine.
START_S = 30.0
_MIB = 1024 * 1024


class DeadlinePassed(Exception):
    """The evaluation took too long, and its process was killed."""


class Crashed(Exception):
    """The evaluator process ended: out of memory, as a rule."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the process answered: a letter of `child.py`, and a text."""

    status: str
    text: str


class Worker:
    """A process that evaluates one program at a time; after `DeadlinePassed` or `Crashed` it is to be started anew."""

    def __init__(
        self, limits: Limits, command: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._limits = limits
        self._command = _evaluator(limits) if command is None else tuple(command)
        self._environment = _ENVIRONMENT if environment is None else environment
        self._process: asyncio.subprocess.Process | None = None
        self._burials: set[asyncio.Task[None]] = set()
        #: How many evaluations the current process has begun.
        self.runs = 0

    @property
    def is_alive(self) -> bool:
        """Whether there is a process that can evaluate."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The id of the process, none without one."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process with next to no environment, and wait until it has confined itself.

        Raises `OSError` when it does not come up: that is nobody's expression's fault.
        """
        self.runs = 0
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
            cwd="/",
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_S):
                await self._reply(self._process)
        except (TimeoutError, asyncio.IncompleteReadError):
            self.kill()
            raise ConnectionError(f"the evaluator process did not come up within {START_S:g} s") from None
        except asyncio.CancelledError:
            self.kill()
            raise

    async def run(self, program: str, text: str) -> Reply:
        """Evaluate the program. Raises `DeadlinePassed` or `Crashed`.

        The process is killed then, and when this coroutine is cancelled.
        """
        self.runs += 1
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                return await self._exchange(program.encode(), text.encode())
        except TimeoutError:
            self.kill()
            raise DeadlinePassed from None
        except (OSError, asyncio.IncompleteReadError):
            self.kill()
            raise Crashed from None
        except asyncio.CancelledError:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process at once; `stop` waits until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        # Not `process.kill()`: that may reap a process that just ended, behind the back of the event loop.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        burial = asyncio.create_task(_bury(process))
        self._burials.add(burial)
        burial.add_done_callback(self._burials.discard)

    async def stop(self) -> None:
        """End the process, and wait until it and those before it are gone."""
        self.kill()
        await asyncio.gather(*self._burials)

    async def _exchange(self, program: bytes, text: bytes) -> Reply:
        process = self._process
        if process is None or process.stdin is None:
            raise ConnectionError("the evaluator process is not running")
        header = child.REQUEST.pack(len(program), len(text), math.ceil(self._limits.deadline_s))
        process.stdin.write(header + program + text)
        await process.stdin.drain()
        return await self._reply(process)

    async def _reply(self, process: asyncio.subprocess.Process) -> Reply:
        if process.stdout is None:
            raise ConnectionError("the evaluator process has no output")
        status, length = child.REPLY.unpack(await process.stdout.readexactly(child.REPLY.size))
        return Reply(status.decode(), (await process.stdout.readexactly(length)).decode("utf-8", "replace"))


def _evaluator(limits: Limits) -> tuple[str, ...]:
    """Give the command of an evaluator process."""
    arguments = [Path(jq.__file__).parent, os.getpid(), limits.memory_bytes, limits.output_bytes]
    return (sys.executable, "-I", "-S", "-B", child.__file__, *map(str, arguments))


async def _bury(process: asyncio.subprocess.Process) -> None:
    """Wait until a killed process is gone and its pipes are closed."""
    if process.stdin is not None:
        process.stdin.close()
        with suppress(OSError):
            await process.stdin.wait_closed()
    if process.stdout is not None:
        while await process.stdout.read(_MIB):
            pass
    await process.wait()
