"""`agentos worker ROLE`: runs one process of a role, until a signal. Any number may run, on any machine."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from agentos.options import DataDir, settings_for
from agentos.process_log import log_to_stderr
from agentos.roles import present_roles

MISUSE = 2
Name = Annotated[str, typer.Argument(metavar="ROLE", help="orchestrator, nodes, snapshots or correlator.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("worker")(worker)


def worker(name: Name, *, data_dir: DataDir = None) -> None:
    """Run one process of a role. Needs KAFKA_BOOTSTRAP_SERVERS, and DATABASE_URL for most roles."""
    roles = {role.arguments[1]: role for role in present_roles() if role.arguments[0] == "worker"}
    role = roles.get(name)
    if role is None:
        typer.echo(f"agentos: expected a role out of {', '.join(roles)}; found {name}", err=True)
        raise typer.Exit(MISUSE)
    log_to_stderr()
    code = importlib.import_module(role.module).main(settings_for(data_dir))
    raise typer.Exit(code or 0)
