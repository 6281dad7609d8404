"""Runs the parts of the stack: in order up, in reverse order down, and tells `state.json` how they are."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.logs import FOLDER, log_path, rotate
from infra.embedded.process import ProcessSpec, kill_group
from infra.embedded.state import StackState, write_state
from infra.embedded.supervised import External, Part, SupervisedProcess, WatchedExternal, now

ROTATE_EVERY_S = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Parts that start together. `after` runs when all are ready, before the next stage starts."""

    parts: tuple[ProcessSpec | External, ...]
    after: Callable[[], Awaitable[None]] | None = None


class Supervisor:
    """Runs the stages of one stack. `say` gets every line meant for the user. Belongs into the main thread."""

    def __init__(self, data_dir: Path, address: str, say: Callable[[str], None]) -> None:
        self._data_dir = data_dir
        self._address = address
        self._say = say
        self._since = now()
        self._is_ready = False
        self._is_stopping = False
        self._stop = asyncio.Event()
        self._parts: list[Part] = []
        self._lives: dict[asyncio.Task[None], Part] = {}
        (data_dir / FOLDER).mkdir(exist_ok=True)

    async def run(self, stages: Sequence[Stage], on_ready: Callable[[], None]) -> None:
        """Start the stages, call `on_ready`, and return after a signal, with every process stopped.

        Raises the error of a part that can't be started, with every other process stopped.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.stop)
        groups = [[self._part(part) for part in stage.parts] for stage in stages]
        self._parts = [part for group in groups for part in group]
        self.changed()
        try:
            await self._until_stopped(self._bring_up(stages, groups, on_ready))
        finally:
            await self._bring_down(groups)
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Begin to stop; when asked again, stop at once."""
        if self._stop.is_set():
            self._say("Stopping at once")
            for part in self._parts:
                if part.state.pid is not None:
                    kill_group(part.state.pid)
            return
        self._stop.set()

    def say(self, text: str) -> None:
        """Show one line, unless a stop makes it noise."""
        if not self._stop.is_set():
            self._say(text)

    def changed(self) -> None:
        """Write the state down."""
        write_state(
            self._data_dir,
            StackState(
                pid=os.getpid(),
                since=self._since,
                address=self._address,
                ready=self._is_ready,
                processes=tuple(part.state for part in self._parts),
            ),
        )

    def _part(self, part: ProcessSpec | External) -> Part:
        if isinstance(part, External):
            return WatchedExternal(part, self)
        return SupervisedProcess(part, log_path(self._data_dir, part.name), self)

    async def _bring_up(
        self, stages: Sequence[Stage], groups: Sequence[Sequence[Part]], on_ready: Callable[[], None]
    ) -> None:
        for stage, group in zip(stages, groups, strict=True):
            self._lives |= {asyncio.ensure_future(part.live()): part for part in group}
            await asyncio.gather(*(part.until_ready() for part in group))
            if stage.after is not None:
                await stage.after()
        self._is_ready = True
        self.changed()
        on_ready()
        while True:
            for part in self._parts:
                rotate(log_path(self._data_dir, part.state.name))
            await asyncio.sleep(ROTATE_EVERY_S)

    async def _until_stopped(self, work: Awaitable[None]) -> None:
        """Return when a stop is asked for; raise what ends `work` or the life of a part."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            while not stopping.done():
                waiting = {working, stopping, *self._lives}
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=0.5)
                for task in done - {stopping}:
                    task.result()
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _bring_down(self, groups: Sequence[Sequence[Part]]) -> None:
        self._stop.set()
        self._is_ready = False
        self.changed()
        for group in reversed(groups):
            lives = [task for task, part in self._lives.items() if part in group]
            for task in lives:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*lives, return_exceptions=True)
            await asyncio.gather(*(part.end() for part in group))
        self.changed()
