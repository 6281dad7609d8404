"""`agentos down`: stops what `agentos up` runs."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated

import psutil
import typer
from rich.console import Console

from agentos.options import DataDir, data_folder
from infra.embedded.lock import Holder, holder
from infra.errors import StackFailed

POLL_S = 0.05
NOBODY = 2**31 - 1


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("down")(down)


def down(
    *,
    data_dir: DataDir = None,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the end.")] = 60.0,
) -> None:
    """Stop Kafka, Postgres and AgentOS of a data folder. Nothing running is fine too."""
    folder = data_folder(data_dir)
    console = Console(highlight=False, soft_wrap=True)
    found = holder(folder)
    if found is None:
        console.print(f"Nothing runs in {folder}")
        return
    supervisor = _process(found)
    with contextlib.suppress(psutil.NoSuchProcess):
        supervisor.terminate()
    ends_at = time.monotonic() + timeout_s
    while holder(folder) is not None or _lives(supervisor):
        if time.monotonic() > ends_at:
            raise StackFailed(
                f"Expected process {found.pid} to end within {timeout_s:g} s, found it still running;"
                " look at `agentos status` and `agentos logs`, or wait longer with --timeout"
            )
        time.sleep(POLL_S)
    console.print(f"Stopped; the data stays in {folder}")


def _process(found: Holder) -> psutil.Process:
    try:
        # A holder whose note can't be read yet has pid 0, which would mean ourselves.
        return psutil.Process(found.pid or NOBODY)
    except psutil.NoSuchProcess:
        raise StackFailed(f"Expected process {found.pid} to run, found that it has just ended; try again") from None


def _lives(process: psutil.Process) -> bool:
    """Tell whether the process is still there; one that only waits to be collected by its parent is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
