"""`agentos run FILE`: publishes a workflow if needed, starts it, and shows what happens until it ends."""

from __future__ import annotations

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from agentos.api_client import PASSING, PATIENCE_S, Api, ApiRefused, ApiUnreachable, Token, Url, connect
from agentos.commands.lint import text_of
from agentos.event_stream import EventStream
from agentos.options import AsJson, DataDir
from agentos.run_output import event_line, json_line, pretty, result_of

COMPLETED, FAULTED, MISUSE, CANCELLED, DETACHED = 0, 1, 2, 3, 130
EXIT_CODES = {"completed": COMPLETED, "faulted": FAULTED, "cancelled": CANCELLED}
YAML = {"Content-Type": "application/yaml"}

Input = Annotated[
    str, typer.Option("--input", "-i", help="Input of the run: JSON, or @FILE with JSON in it (@- for standard input).")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Start the run, print its id, and return.")]
File = Annotated[Path, typer.Argument(help="Workflow document, YAML or JSON; - for standard input.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("run")(run)


def run(  # noqa: PLR0913  # options of a command line are named, not counted
    file: File,
    *,
    given: Input = "{}",
    no_wait: NoWait = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Publish a workflow if needed, run it, and print its events as they happen, then its output.

    Exit code 0: completed, 1: faulted, 2: misuse, 3: cancelled, 4: the API could not be reached. Ctrl-C only stops
    watching. With --json: one JSON object a line, the last one with run, status, output and error.
    """
    value = input_of(given)
    api = connect(url, token, data_dir)
    reference = published(api, text_of(file))
    started = start(api, reference, value)
    if no_wait:
        typer.echo(json_line(result_of(started)) if as_json else started["run"])
        return
    console = Console(highlight=False, soft_wrap=True)
    try:
        _follow(api, started["run"], console, as_json=as_json)
    except KeyboardInterrupt:
        _say_detached(started["run"])
        raise typer.Exit(DETACHED) from None
    ended = api.call("GET", f"/api/v1/runs/{started['run']}")
    _print_result(ended, console, as_json=as_json)
    raise typer.Exit(EXIT_CODES.get(ended["status"], FAULTED))


def input_of(given: str) -> Any:
    """Give the input as JSON. Ends the command with exit code 2 if it is none."""
    try:
        text = given if not given.startswith("@") else _file_text(given[1:])
        return json.loads(text)
    except (OSError, ValueError) as error:
        typer.echo(f"agentos: --input: expected JSON or @FILE with JSON, found: {error}", err=True)
        raise typer.Exit(MISUSE) from None


def published(api: Api, text: str) -> dict[str, str]:
    """Publish the text, which changes nothing if it is published, and give what to start."""
    found = api.call("POST", "/api/v1/definitions", content=text.encode(), headers=YAML)
    return {name: found[name] for name in ("namespace", "name", "version")}


def start(api: Api, reference: dict[str, str], value: Any) -> dict[str, Any]:
    """Start one run, however often it has to be asked for."""
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    body = {"workflow": reference, "input": value}
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return api.call("POST", "/api/v1/runs", json=body, headers=headers)
        except ApiUnreachable:
            if time.monotonic() > ends_at:
                raise
        except ApiRefused as refused:
            if refused.status not in PASSING or time.monotonic() > ends_at:
                raise
        time.sleep(1)


def _follow(api: Api, run_id: str, console: Console, *, as_json: bool) -> None:
    if not as_json:
        console.print(f"run {run_id}")
    for event in EventStream(api, run_id).events():
        if as_json:
            typer.echo(json_line(event))
        else:
            console.print(event_line(event))


def _print_result(ended: dict[str, Any], console: Console, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_line(result_of(ended)))
        return
    console.print(f"{ended['status']}:", style="bold")
    typer.echo(pretty(ended["error"] if ended["status"] == "faulted" else ended["output"]))


def _say_detached(run_id: str) -> None:
    typer.echo(f"\nagentos: the run goes on. Look: agentos show {run_id}   Stop it: agentos cancel {run_id}", err=True)


def _file_text(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
