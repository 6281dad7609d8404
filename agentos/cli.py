"""The root of the command line: every command, listed once, and what its errors look like."""

from __future__ import annotations

import typer
from rich.console import Console

from agentos.commands import (
    api,
    approvals,
    bundle,
    check_replay,
    control,
    dead_letters,
    diff,
    down,
    events,
    fmt,
    fork,
    lint,
    logs,
    nodes,
    opened,
    prepare,
    publish,
    rebuild,
    receipt,
    replay,
    reset,
    runs,
    schema,
    secrets,
    show,
    status,
    up,
    verify,
    worker,
)
from agentos.commands import (
    run as run_command,
)
from infra.errors import InfrastructureError

app = typer.Typer(
    name="agentos",
    help="Durable workflows of deterministic steps, AI agents and people on one Kafka log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    up,
    down,
    status,
    logs,
    reset,
    prepare,
    run_command,
    runs,
    show,
    diff,
    events,
    dead_letters,
    control,
    approvals,
    receipt,
    fork,
    check_replay,
    publish,
    lint,
    fmt,
    schema,
    nodes,
    secrets,
    verify,
    rebuild,
    replay,
    bundle,
    opened,
    worker,
    api,
):
    command.register(app)


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code: 2 for misuse; an expected error is one message, not a stack trace."""
    try:
        code = app(arguments, standalone_mode=True, prog_name="agentos")
    except SystemExit as stop:
        return int(stop.code or 0)
    except InfrastructureError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"agentos: {error}")
        return error.exit_code
    return int(code or 0)
