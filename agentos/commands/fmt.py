"""`agentos fmt`: lays out workflow documents in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentos.commands.lint import STANDARD_INPUT, Files, shown_problem, text_of
from engine.errors import InvalidDefinition
from language.format import formatted

Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 if a file is not formatted.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("fmt")(fmt)


def fmt(files: Files, *, check: Check = False) -> None:
    """Format workflow documents in place. Comments and the order of keys stay.

    Exit code 0: all formatted; 1: a file has problems or, with --check, is not formatted; 2: a file cannot be read.
    """
    texts = [(file, text_of(file)) for file in files]
    good = [_check_one(file, text) if check else _format_one(file, text) for file, text in texts]
    if not all(good):
        raise typer.Exit(1)


def _format_one(file: Path, text: str) -> bool:
    laid_out = _laid_out(file, text)
    if laid_out is None:
        return False
    if file == STANDARD_INPUT:
        typer.echo(laid_out, nl=False)
    elif laid_out != text:
        file.write_bytes(laid_out.encode())
        typer.echo(f"{file}: formatted")
    return True


def _check_one(file: Path, text: str) -> bool:
    laid_out = _laid_out(file, text)
    if laid_out is not None and laid_out != text:
        typer.echo(f"{file}: not formatted; run agentos fmt")
    return laid_out == text


def _laid_out(file: Path, text: str) -> str | None:
    try:
        return formatted(text)
    except InvalidDefinition as error:
        for problem in error.problems:
            typer.echo(shown_problem(file, problem))
        return None
