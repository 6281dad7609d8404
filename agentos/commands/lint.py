"""`agentos lint`: says everything that is wrong with workflow documents."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agentos.authoring import fetch_outside, judge
from agentos.options import AsJson
from api.checking import problems_of
from engine.errors import Problem

Files = Annotated[list[Path], typer.Argument(help="Workflow documents, YAML or JSON; - for standard input.")]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch nothing: functions and schemas outside of a document go unchecked.")
]
STANDARD_INPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("lint")(lint)


def lint(files: Files, *, as_json: AsJson = False, offline: Offline = False) -> None:
    """Check workflow documents, and print every problem with its place.

    Functions and schemas that a document refers to by address are fetched and checked, too, but with --offline.
    Exit code 0: no problem; 1: problems; 2: a file cannot be read.
    """
    texts = [(file, text_of(file)) for file in files]
    known = judge(None if offline else fetch_outside())
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


def shown_problem(file: Path, problem: Problem) -> str:
    """Give one line that editors and terminals can jump from."""
    where = f" [{problem.pointer}]" if problem.pointer else ""
    return f"{file}:{problem.line}:{problem.column}: {problem.message}{where}"


def _json_line(file: Path, problem: Problem) -> str:
    return json.dumps({"file": str(file), **asdict(problem)}, ensure_ascii=False)
