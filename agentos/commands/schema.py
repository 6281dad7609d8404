"""`agentos schema`: writes the JSON Schema of the workflow language for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from agentos.authoring import catalog
from language.schema.editor import language_schema

Out = Annotated[Path | None, typer.Option("--out", help="The file to write. Standard output when left out.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("schema")(schema)


def schema(out: Out = None) -> None:
    """Write the JSON Schema of the workflow language, with the arguments of every installed node type."""
    text = json.dumps(language_schema(catalog()), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"agentos: {out} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from None
