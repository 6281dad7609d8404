"""`agentos up`: runs Kafka, Postgres and every role of AgentOS on this machine, until Ctrl-C or `agentos down`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from agentos.options import DataDir, settings_for
from infra.embedded.stack import prepare_folder


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("up")(up)


def up(
    *,
    data_dir: DataDir = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the API; 0 takes a free one.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it is up, and leave it running.")] = False,
    stores_only: Annotated[
        bool, typer.Option("--stores-only", help="Only Kafka and Postgres, with their topics and tables.")
    ] = False,
) -> None:
    """Start Kafka, Postgres and AgentOS on this machine, and print the address to open."""
    from agentos.detached import start_detached
    from agentos.local_stack import run_stack
    from agentos.roles import present_roles

    settings = settings_for(data_dir)
    if port is not None:
        settings = settings.model_copy(update={"server": settings.server.model_copy(update={"port": port})})
    prepare_folder(settings.stack.data_dir)
    roles = () if stores_only else present_roles(settings)
    (start_detached if detach else run_stack)(settings, roles, Console())
