"""One process: in a folder of its own that is deleted after it, with an environment of its own, within its limits.

It leads a process group, and the whole group is killed when the process ends, takes too long, writes too much, or
nobody needs it any more. The worker makes its own memory and environment unreadable for other processes first.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nodes.errors import fault, passing_fault
from nodes.provisions import ProcessRules, hide_this_process

STDIN, STDOUT, STDERR = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRequest:
    """What to start."""

    command: Sequence[str]
    folder: Path
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended. A signal that killed it is a negative code."""

    code: int
    stdout: str
    stderr: str


async def run_confined(request: ProcessRequest, rules: ProcessRules) -> Ended:
    """Run a process to its end. Raises `NodeError` when it takes too long, writes too much, or can't be started."""
    hide_this_process()
    try:
        watched = await _started(request, rules)
    except (OSError, ValueError) as error:
        raise passing_fault("runtime", f"no process could be started: {error}") from None
    try:
        async with asyncio.timeout(request.timeout_s):
            await watched.gone.wait()
    except TimeoutError:
        raise fault("timeout", f"expected the process to end within {request.timeout_s:g} s; it was killed") from None
    finally:
        watched.kill()
        watched.transport.close()
    return watched.ended()


async def _started(request: ProcessRequest, rules: ProcessRules) -> _Watched:
    _, watched = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Watched(rules.output_bytes),
        *rules.confined(request.command),
        env={"LC_CTYPE": "C.UTF-8", **request.environment},
        cwd=request.folder,
        start_new_session=True,
    )
    stdin: Any = watched.transport.get_pipe_transport(STDIN)
    stdin.write(request.stdin.encode())
    stdin.write_eof()
    return watched


class _Watched(asyncio.SubprocessProtocol):
    """Collects what a process writes. `gone` is set when it has ended and nobody holds its pipes any more."""

    transport: asyncio.SubprocessTransport

    def __init__(self, limit: int) -> None:
        self.gone = asyncio.Event()
        self._limit = limit
        self._parts = {STDOUT: bytearray(), STDERR: bytearray()}

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._parts[fd] += data
        if len(self._parts[fd]) > self._limit:
            self.kill()

    def process_exited(self) -> None:
        # Its children would otherwise hold the pipes open. The group keeps its number as long as they live.
        self._kill_group()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how it ended says its code
        self.gone.set()

    def kill(self) -> None:
        if self.transport.get_returncode() is None:
            self._kill_group()

    def ended(self) -> Ended:
        for name, part in zip(("stdout", "stderr"), self._parts.values(), strict=True):
            if len(part) > self._limit:
                raise fault(
                    "runtime", f"expected at most {self._limit} bytes on {name}, found more; the process was killed"
                )
        out, err = (part.decode("utf-8", "replace") for part in self._parts.values())
        return Ended(code=self.transport.get_returncode() or 0, stdout=out, stderr=err)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.transport.get_pid(), signal.SIGKILL)
