"""`agentos bundle RUN`: a run as one file, for a bug report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentos.api_client import Token, Url, connect
from agentos.options import DataDir
from schemas.bundle import read_bundle


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("bundle")(bundle)


def bundle(
    run: Annotated[str, typer.Argument(help="Id of the run.")],
    *,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write. Default: run-ID.avro.")] = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Write the history of a run, its definition and the schemas into one file, an Avro container.

    Fields with names like `password`, and those that a schema of the definition marks `writeOnly` or
    `format: password`, are blacked out, with their values elsewhere.
    Look through the file all the same before you give it away.
    """
    data = connect(url, token, data_dir).content(f"/api/v1/runs/{run}/bundle")
    header = read_bundle(data).header
    path = output or Path(f"run-{run}.avro")
    path.write_bytes(data)
    typer.echo(f"{path}: {header.seq} events, {len(data)} bytes, {header.redacted} values blacked out")
    typer.echo(f"state {header.state_hash}, in the log {header.log_state_hash}")
