"""The life of one part of the stack: started, watched, started again when it dies, and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psutil

from infra.embedded.logs import tail
from infra.embedded.process import Probe, ProcessSpec, exit_reason, start, stop
from infra.embedded.state import Phase, ProcessState
from infra.errors import StackFailed, Unreachable

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
#: A process that was well for this long has got over what made it die: the next pause is the first one again.
WELL_AFTER_S = 60.0
#: So many deaths before a process was ever ready, and starting the stack is given up.
HOPELESS_STARTS = 3
STARTING_POLL_S = 0.05
WATCHING_POLL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A part that somebody else runs. `address` is shown, so it has no password."""

    name: str
    address: str
    probe: Probe


class Journal(Protocol):
    """Who wants to know what happens to the parts."""

    def say(self, text: str) -> None:
        """Show one line to the user."""

    def changed(self) -> None:
        """Note that the state of a part changed."""


class Part(Protocol):
    """One part of the stack."""

    state: ProcessState

    async def live(self) -> None:
        """Run and watch the part until cancelled. Raises when it can't be started at all."""

    async def until_ready(self) -> None:
        """Return once the part is ready for the first time."""

    async def end(self) -> None:
        """Stop the part, after `live` was cancelled."""


class SupervisedProcess:
    """A child process. It is restarted for ever once it was ready; the pauses between restarts grow."""

    def __init__(self, spec: ProcessSpec, log: Path, journal: Journal) -> None:
        self._spec = spec
        self._log = log
        self._journal = journal
        self._process: asyncio.subprocess.Process | None = None
        self._was_ready = asyncio.Event()
        self.state = ProcessState(name=spec.name, phase=Phase.STOPPED, since=now(), ports=dict(spec.ports))

    async def live(self) -> None:
        """Start the process, and again each time it dies."""
        pause_s = FIRST_PAUSE_S
        while True:
            born_at = time.monotonic()
            code = await self._one_life()
            self._give_up_if_hopeless(code)
            pause_s = FIRST_PAUSE_S if time.monotonic() - born_at > WELL_AFTER_S else pause_s
            said = f"{self._spec.name} {exit_reason(code)}"
            restarts = self.state.restarts + 1
            self._enter(Phase.WAITING, pid=None, born=None, restarts=restarts, detail=said)
            self._journal.say(f"{said}; restart {restarts} in {pause_s:g} s; its log is {self._log}")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def until_ready(self) -> None:
        """Return once the process was ready for the first time."""
        await self._was_ready.wait()

    async def end(self) -> None:
        """Stop the process and all it started."""
        if self._process is not None:
            await stop(self._spec, self._process)
        self._enter(Phase.STOPPED, pid=None, born=None)

    async def _one_life(self) -> int:
        started_at = time.monotonic()
        self._process = process = await start(self._spec, self._log)
        born = None
        with contextlib.suppress(psutil.NoSuchProcess):
            born = psutil.Process(process.pid).create_time()
        self._enter(Phase.STARTING, pid=process.pid, born=born, detail="")
        death = asyncio.ensure_future(process.wait())
        while not death.done():
            await self._look(started_at)
            poll_s = STARTING_POLL_S if self.state.phase is Phase.STARTING else WATCHING_POLL_S
            await asyncio.wait([death], timeout=poll_s)
        return death.result()

    async def _look(self, started_at: float) -> None:
        problem = await self._spec.probe()
        took_s = time.monotonic() - started_at
        if problem is None and self.state.phase is not Phase.READY:
            was_starting = self.state.phase is Phase.STARTING
            self._enter(Phase.READY, detail="")
            self._was_ready.set()
            self._journal.say(f"{self._spec.name} is ready" + (f" ({took_s:.1f} s)" if was_starting else " again"))
        elif problem is not None and self.state.phase is Phase.READY:
            self._enter(Phase.UNREADY, detail=problem)
            self._journal.say(f"{self._spec.name} is not ready: {problem}")
        elif problem is not None and took_s > self._spec.start_timeout_s and self.state.detail != problem:
            self._enter(self.state.phase, detail=problem)
            self._journal.say(f"{self._spec.name} is not ready after {took_s:.0f} s, still waiting: {problem}")

    def _give_up_if_hopeless(self, code: int) -> None:
        if not self._was_ready.is_set() and self.state.restarts + 1 >= HOPELESS_STARTS:
            raise StackFailed(
                f"Expected {self._spec.name} to start, found that it {exit_reason(code)} {HOPELESS_STARTS} times;"
                f" its last words, from {self._log}:\n" + "\n".join(tail(self._log, 12))
            )

    def _enter(self, phase: Phase, **changes: object) -> None:
        self.state = replace(self.state, phase=phase, since=now(), **changes)  # type: ignore[arg-type]
        self._journal.changed()


class WatchedExternal:
    """A part that somebody else runs: looked at, never started or stopped."""

    def __init__(self, external: External, journal: Journal) -> None:
        self._external = external
        self._journal = journal
        self._was_ready = asyncio.Event()
        self.state = ProcessState(
            name=external.name, phase=Phase.STARTING, since=now(), detail=f"outside, at {external.address}"
        )

    async def live(self) -> None:
        """Look whether it answers, again and again; raise `Unreachable` if it doesn't the first time."""
        while True:
            problem = await self._external.probe()
            if problem is not None and not self._was_ready.is_set():
                raise Unreachable(
                    f"Expected {self._external.name} at {self._external.address} to answer, found: {problem};"
                    " start it, correct its address in the environment or .env, or unset it to have one started here"
                )
            self._was_ready.set()
            phase = Phase.EXTERNAL if problem is None else Phase.UNREADY
            if phase is not self.state.phase:
                detail = problem or f"outside, at {self._external.address}"
                self.state = replace(self.state, phase=phase, since=now(), detail=detail)
                self._journal.say(f"{self._external.name} at {self._external.address}: {problem or 'answers'}")
                self._journal.changed()
            await asyncio.sleep(WATCHING_POLL_S)

    async def until_ready(self) -> None:
        """Return once it answered for the first time."""
        await self._was_ready.wait()

    async def end(self) -> None:
        """Leave it alone."""


def now() -> str:
    """Give this instant as text."""
    return datetime.now(UTC).isoformat(timespec="seconds")
