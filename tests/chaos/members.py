"""A process of the system that can be killed, frozen and started again, always on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from infra.embedded.logs import tail
from infra.embedded.process import ProcessSpec, kill_group
from infra.embedded.single import begin, end, wait_until_ready


@dataclass(slots=True)
class Member:
    """One process: a broker, a Postgres server, or a role of AgentOS."""

    spec: ProcessSpec
    log: Path
    child: subprocess.Popen[bytes] | None = None
    #: Whether it is meant to run now: what died although it was is started again, as a supervisor does.
    is_wanted: bool = False
    started_at_s: float = 0.0
    #: Exit codes of the ends nobody here asked for, each with its last words.
    surprises: list[str] = field(default_factory=list)
    #: Processes that those killed had started, which must end by themselves.
    left_behind: list[psutil.Process] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.spec.name

    @property
    def pid(self) -> int:
        """The process id. Only for one that was started."""
        assert self.child is not None
        return self.child.pid

    @property
    def is_alive(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self.child is not None and self.child.poll() is None

    @property
    def is_frozen(self) -> bool:
        """Whether it was stopped in the middle of what it did."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)
        return False

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it, with more variables if asked, without waiting."""
        self.child = begin(replace(self.spec, environment={**self.spec.environment, **(environment or {})}), self.log)
        self.is_wanted = True
        self.started_at_s = time.monotonic()

    def wait_until_ready(self) -> None:
        """Return once it answers its probe."""
        assert self.child is not None
        wait_until_ready(self.spec, self.child, self.log)

    def is_ready(self) -> bool:
        """Tell whether it answers its probe now."""
        return self.problem() is None

    def problem(self) -> str | None:
        """Give why it is not ready, or None if it is."""
        return asyncio.run(self.spec.probe()) if self.is_alive else "it does not run"

    def kill(self) -> None:
        """End it without any warning."""
        self.is_wanted = False
        self.left_behind += self.family()[1:]
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        """Ask it to end, and wait until it did."""
        self.is_wanted = False
        os.kill(self.pid, self.spec.stop_signal)
        self.wait()

    def wait(self, within_s: float = 30) -> int:
        """Wait for its end; give the exit code."""
        assert self.child is not None
        return self.child.wait(within_s)

    def freeze(self) -> None:
        """Stop it and everything it started in the middle of whatever they do."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def family(self) -> list[psutil.Process]:
        """Give its process and all below it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.pid)
            return [own, *own.children(recursive=True)]
        return []

    def tend(self) -> bool:
        """Start it again if it died although it is wanted; tell whether it was so."""
        if not self.is_wanted or self.is_alive:
            return False
        assert self.child is not None
        words = "\n".join(tail(self.log, 60))
        self.surprises.append(f"{self.name} ended with {self.child.returncode}; its last words:\n{words}")
        self.start()
        return True

    def close(self) -> None:
        """Stop it and all of its group."""
        self.is_wanted = False
        if self.child is not None:
            if self.is_alive:
                self.thaw()
                end(self.spec, self.child)
            kill_group(self.child.pid)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
