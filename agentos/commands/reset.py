"""`agentos reset`: deletes all data of a data folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agentos.options import DataDir, data_folder
from infra.embedded import kafka_broker, lock, logs, ports, postgres_server, state
from infra.errors import StackHeld

#: What `agentos up` makes in a data folder, the token aside: addresses that were handed out stay good.
MADE = (kafka_broker.FOLDER, postgres_server.FOLDER, logs.FOLDER, ports.FILE, state.FILE)


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("reset")(reset)


def reset(
    *,
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete every run, definition and log of a data folder, for ever. Refuses while something runs in it."""
    folder = data_folder(data_dir)
    console = Console(highlight=False, soft_wrap=True)
    if not folder.exists():
        console.print(f"Nothing to delete in {folder}")
        return
    found = lock.holder(folder)
    if found is not None:
        raise StackHeld(f"Expected nothing to run in {folder}, found process {found.pid}; stop it with `agentos down`")
    if not yes:
        typer.confirm(f"Delete every run and definition in {folder}?", abort=True)
    with lock.held(folder):
        for name in MADE:
            _delete(folder / name)
    console.print(f"Deleted the data in {folder}")


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
