"""`agentos open BUNDLE`: steps through a run in a file, forwards and backwards, without any server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.text import Text

from agentos.commands.diff import change_line
from agentos.run_output import event_line, json_line, pretty, shown
from agentos.stepping import Steps
from engine.difference import readable
from engine.snapshot import state_hash
from schemas.bundle import read_bundle
from schemas.codec import MalformedRecord

DIFFERENT = 1
KEYS = "n next, p previous, NUMBER go there, s state, d definition, q quit"


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("open")(open_bundle)


def open_bundle(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `agentos bundle` wrote.")],
    *,
    at: Annotated[int | None, typer.Option(min=1, help="Print the state after this event, and no more.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print events, each with the digest of the state then.")
    ] = False,
) -> None:
    """Step through a run in a file: each event, what it changed, and the digest of the state after it.

    On a terminal it asks for each step; else it prints all of them. Exit code 0: the state at the end is the one that
    the file was made with; 1: it is not; 2: the file is no bundle, or has no such event.
    """
    try:
        steps = Steps(read_bundle(file.read_bytes()))
    except MalformedRecord as error:
        raise typer.BadParameter(error.reason) from None
    if at is not None:
        _print_state(steps, at)
    elif as_json:
        for seq in range(1, steps.last + 1):
            typer.echo(json_line({**_plain(steps.event(seq)), "hash": state_hash(steps.state(seq))}))
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _walk(steps, Console(highlight=False, soft_wrap=True))
    else:
        console = Console(highlight=False, soft_wrap=True)
        _print_header(steps, console)
        for seq in range(1, steps.last + 1):
            _print_step(steps, seq, console)
    if not steps.is_as_made():
        typer.echo(f"the state is not the one this file was made with, {steps.bundle.header.state_hash}", err=True)
        raise typer.Exit(DIFFERENT)


def _walk(steps: Steps, console: Console) -> None:
    """Ask for steps until it is enough."""
    _print_header(steps, console)
    seq = 1
    _print_step(steps, seq, console)
    while True:
        answer = typer.prompt(f"{seq}/{steps.last}  {KEYS}", default="n", show_default=False).strip().lower()
        match answer:
            case "q":
                return
            case "s":
                _print_state(steps, seq)
                continue
            case "d":
                found = steps.bundle.definition
                console.print(Text(shown(found.text if found else "the definition is not in this file")))
                continue
            case "p":
                seq = max(1, seq - 1)
            case _ if answer.isdecimal():
                seq = min(max(1, int(answer)), steps.last)
            case _:
                seq = min(seq + 1, steps.last)
        _print_step(steps, seq, console)


def _print_header(steps: Steps, console: Console) -> None:
    header = steps.bundle.header
    console.print(Text(f"run {shown(header.run_id)}: {header.seq} events, partition {header.partition}"))
    console.print(Text(f"made by AgentOS {shown(header.made_by)}, {header.redacted} values blacked out"))
    console.print(Text(f"state {header.state_hash}, in the log {header.log_state_hash}"))


def _print_step(steps: Steps, seq: int, console: Console) -> None:
    console.print(Text(f"{seq:>6}  ").append_text(event_line(_plain(steps.event(seq)))))
    for change in steps.changes(seq):
        if change.path not in ("/seq", "/updated_at_ms"):
            console.print(Text("        ").append_text(change_line(change.plain())))
    console.print(Text(f"        state {state_hash(steps.state(seq))}", style="dim"))


def _print_state(steps: Steps, seq: int) -> None:
    if seq > steps.last:
        raise typer.BadParameter(f"expected an event from 1 to {steps.last}, found {seq}")
    state = steps.state(seq)
    typer.echo(pretty({"run": state.run_id, "seq": seq, "hash": state_hash(state), "state": readable(state)}))


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(orjson.dumps(event))
    return found
