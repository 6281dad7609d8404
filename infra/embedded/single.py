"""One process of the stack without a supervisor, for as long as a `with` lasts: for tests and benchmarks."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded.logs import tail
from infra.embedded.process import ProcessSpec, exit_reason, kill_group, launch_command
from infra.errors import StackFailed

POLL_S = 0.02


@contextmanager
def running(spec: ProcessSpec, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start `spec`, yield when it is ready, stop it at the end. Belongs into the main thread, like `process.start`."""
    process = begin(spec, log)
    try:
        wait_until_ready(spec, process, log)
        yield process
    finally:
        end(spec, process)


def begin(spec: ProcessSpec, log: Path) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own; what it says is appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            launch_command(spec.command, spec.account, spec.death_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **spec.environment},
            start_new_session=True,
        )


def end(spec: ProcessSpec, process: subprocess.Popen[bytes]) -> None:
    """Stop the process and its group. May be called again."""
    process.send_signal(spec.stop_signal)
    try:
        process.wait(spec.stop_timeout_s)
    except subprocess.TimeoutExpired:
        pass
    finally:
        kill_group(process.pid)
        process.wait()


def wait_until_ready(spec: ProcessSpec, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the process answers its probe; raise `StackFailed` when it ends or takes too long."""
    ends_at = time.monotonic() + spec.start_timeout_s
    while (problem := asyncio.run(spec.probe())) is not None:
        code = process.poll()
        if code is not None or time.monotonic() > ends_at:
            found = problem if code is None else f"it {exit_reason(code)}"
            raise StackFailed(
                f"Expected {spec.name} to start, found: {found}; its last words:\n" + "\n".join(tail(log, 12))
            )
        time.sleep(POLL_S)
