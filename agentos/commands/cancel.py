"""`agentos cancel RUN`: stops a run for good."""

from __future__ import annotations

from typing import Annotated

import typer

from agentos.api_client import Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, result_of

Run = Annotated[str, typer.Argument(help="Id of the run.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. It is kept in the history of the run.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("cancel")(cancel)


def cancel(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Run,
    *,
    reason: Reason = "",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Stop a run for good. Exit code 0: it is cancelled, 2: it cannot be, 4: the API could not be reached."""
    api = connect(url, token, data_dir)
    found = api.call("POST", f"/api/v1/runs/{run}/cancel", json={"reason": reason})
    typer.echo(json_line(result_of(found)) if as_json else f"{found['run']} {found['status']}")
