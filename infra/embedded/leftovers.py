"""Processes of a supervisor that was killed: on Linux they are about to end; wherever they don't, they are ended."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from infra.embedded.process import kill_group
from infra.embedded.state import ProcessState, read_state

GRACE_S = 10.0


def clear_leftovers(data_dir: Path) -> list[str]:
    """End what is left of the last supervisor's processes and give their names. Call it while holding `data_dir`."""
    state = read_state(data_dir)
    alive = [] if state is None else [(part, process) for part in state.processes if (process := _alive(part))]
    psutil.wait_procs([process for _, process in alive], timeout=GRACE_S)
    for _, process in alive:
        if process.is_running():
            kill_group(process.pid)
            process.wait(GRACE_S)
    return [part.name for part, _ in alive]


def _alive(part: ProcessState) -> psutil.Process | None:
    """Give the very process that `part` was, not another one that has its pid today."""
    if part.pid is None or part.born is None:
        return None
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(part.pid)
        if abs(process.create_time() - part.born) < 1.0:
            return process
    return None
