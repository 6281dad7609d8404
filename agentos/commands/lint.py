"""`agentos lint`: says everything that is wrong with workflow documents."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agentos.authoring import catalog, expression_check
from agentos.options import AsJson
from engine.errors import InvalidDefinition, Problem
from language.catalog import Catalog
from language.check import check
from language.document import read

Files = Annotated[list[Path], typer.Argument(help="Workflow documents, YAML or JSON; - for standard input.")]
STANDARD_INPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("lint")(lint)


def lint(files: Files, *, as_json: AsJson = False) -> None:
    """Check workflow documents, and print every problem with its place.

    Exit code 0: no problem; 1: problems; 2: a file cannot be read.
    """
    texts = [(file, text_of(file)) for file in files]
    known = catalog()
    found = [(file, problem) for file, text in texts for problem in problems_of(text, known)]
    for file, problem in found:
        typer.echo(_json_line(file, problem) if as_json else shown_problem(file, problem))
    if found:
        if not as_json:
            typer.echo(f"{len(found)} problem{'s' if len(found) > 1 else ''} found", err=True)
        raise typer.Exit(1)


def text_of(file: Path) -> str:
    """Give the text of a file. Ends the command with exit code 2 if it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
        return raw.decode()
    except OSError as error:
        typer.echo(f"agentos: {file} cannot be read: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        typer.echo(f"agentos: {file} is not UTF-8, at byte {error.start}; save it as UTF-8", err=True)
    raise typer.Exit(2)


def problems_of(text: str, known: Catalog) -> list[Problem]:
    """Give every problem of a document, syntax errors included."""
    try:
        return check(read(text), known, expression_check())
    except InvalidDefinition as error:
        return list(error.problems)


def shown_problem(file: Path, problem: Problem) -> str:
    """Give one line that editors and terminals can jump from."""
    where = f" [{problem.pointer}]" if problem.pointer else ""
    return f"{file}:{problem.line}:{problem.column}: {problem.message}{where}"


def _json_line(file: Path, problem: Problem) -> str:
    return json.dumps({"file": str(file), **asdict(problem)}, ensure_ascii=False)
