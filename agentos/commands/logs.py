"""`agentos logs`: what the processes of the stack said."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from agentos.options import DataDir, data_folder
from infra.embedded.logs import Follower, log_names, log_path, tail
from infra.errors import StackNotRunning

POLL_S = 0.2


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("logs")(logs)


def logs(
    name: Annotated[str | None, typer.Argument(help="A process, such as kafka or api. Default: all.")] = None,
    *,
    data_dir: DataDir = None,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines to show.")] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
) -> None:
    """Show the last lines of one or all log files."""
    folder = data_folder(data_dir)
    names = _chosen(folder, name)
    followers = {each: Follower(log_path(folder, each)) for each in names}
    for each in names:
        _show(tail(log_path(folder, each), lines), each, names)
    while follow:
        for each, follower in followers.items():
            _show(list(follower.new_lines()), each, names)
        time.sleep(POLL_S)


def _chosen(folder: Path, name: str | None) -> list[str]:
    names = log_names(folder)
    if not names:
        raise StackNotRunning(f"Expected log files in {folder}, found none; `agentos up` makes them")
    if name is None:
        return names
    if name not in names:
        raise typer.BadParameter(f"expected one of {', '.join(names)}, found {name}")
    return [name]


def _show(lines: list[str], name: str, names: list[str]) -> None:
    prefix = f"{name:<12} | " if len(names) > 1 else ""
    for line in lines:
        typer.echo(prefix + line)
