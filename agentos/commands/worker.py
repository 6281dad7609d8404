"""`agentos worker ROLE`: runs one process of a role, until a signal. Any number may run, on any machine."""

from __future__ import annotations

from typing import Annotated

import typer

from agentos.options import DataDir, settings_for
from agentos.process_log import log_to_stderr

MISUSE = 2
Types = Annotated[str, typer.Option(help="For `nodes`: serve these node types only, by comma. Default: all.")]
Name = Annotated[str, typer.Argument(metavar="ROLE", help="orchestrator, nodes, snapshots, correlator or lifecycle.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("worker")(worker)


def worker(name: Name, *, types: Types = "", data_dir: DataDir = None) -> None:
    """Run one process of a role. Needs KAFKA_BOOTSTRAP_SERVERS, and DATABASE_URL for most roles."""
    from agentos.role_parts import STAGES, nodes
    from streams.process import run_stage

    if name not in STAGES:
        typer.echo(f"agentos: expected a role out of {', '.join(STAGES)}; found {name}", err=True)
        raise typer.Exit(MISUSE)
    if types and name != "nodes":
        typer.echo(f"agentos: --types is for the role nodes; found {name}", err=True)
        raise typer.Exit(MISUSE)
    log_to_stderr()
    settings = settings_for(data_dir)
    wanted = tuple(part.strip() for part in types.split(",") if part.strip())
    stage = nodes(settings, wanted) if wanted else STAGES[name](settings)
    raise typer.Exit(run_stage(stage, host=settings.server.host, health_port=settings.server.health_port))
