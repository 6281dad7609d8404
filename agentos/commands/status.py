"""`agentos status`: how the stack of a data folder is. Exit code 0: all ready, 1: something is not, 3: not running."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from agentos.options import AsJson, DataDir, data_folder
from infra.embedded.lock import holder
from infra.embedded.state import StackState, read_state

READY, DEGRADED, NOT_RUNNING = 0, 1, 3
#: Wide enough for every column: in a narrower terminal lines go on below, and nothing is cut off.
TABLE_CHARACTERS = 200


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("status")(status)


def status(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show every process of the stack. Exit code 0: all ready, 1: something is not, 3: not running."""
    folder = data_folder(data_dir)
    state = running_state(folder)
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, TABLE_CHARACTERS)
    if as_json:
        document = {"running": state is not None, "well": state is not None and state.is_well}
        typer.echo(json.dumps(document | (dataclasses.asdict(state) if state else {})))
    elif state is None:
        console.print(f"Nothing runs in {folder}; `agentos up` starts it")
    else:
        console.print(f"{state.address}, process {state.pid} since {state.since}")
        console.print(_table(state))
    raise typer.Exit(NOT_RUNNING if state is None else READY if state.is_well else DEGRADED)


def running_state(folder: Path) -> StackState | None:
    """Give the state of the stack that runs in `folder`, or None if none does."""
    found = holder(folder)
    if found is None:
        return None
    state = read_state(folder)
    if state is None or state.pid != found.pid:
        return StackState(pid=found.pid, since=found.since, address=found.address, ready=False, processes=())
    return state


def _table(state: StackState) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("process", "state", "pid", "restarts", "ports", "since", "detail"):
        table.add_column(title, no_wrap=True)
    for process in state.processes:
        ports = " ".join(f"{name}:{port}" for name, port in process.ports.items())
        pid = "" if process.pid is None else str(process.pid)
        since = f"{process.since[11:19]}Z"
        table.add_row(process.name, str(process.phase), pid, str(process.restarts), ports, since, process.detail)
    return table
