"""`agentos publish FILE…`: publishes workflow documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentos.api_client import ApiRefused, Token, Url, connect
from agentos.commands.lint import text_of
from agentos.commands.run import published
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, shown

Files = Annotated[list[Path], typer.Argument(help="Workflow documents, YAML or JSON; - for standard input.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("publish")(publish)


def publish(
    files: Files, *, as_json: AsJson = False, url: Url = None, token: Token = None, data_dir: DataDir = None
) -> None:
    """Publish workflow documents. Publishing the same text again changes nothing.

    Exit code 0: all are published, 2: one was refused, 4: the API could not be reached.
    """
    texts = [(file, text_of(file)) for file in files]
    api = connect(url, token, data_dir)
    for file, text in texts:
        try:
            found = published(api, text)
        except ApiRefused as refused:
            refused.args = (f"{file}: {refused}",)
            raise
        typer.echo(json_line(found) if as_json else shown(f"{found['namespace']}/{found['name']}:{found['version']}"))
