"""`agentos dead-letters`: what could not be worked on, and putting it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentos.api_client import Api, Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, shown

PAGE = 100
_PLACE = re.compile(r"(?:(\d+):)?(\d+)")

app = typer.Typer(name="dead-letters", help="List records that no stage could work on, and put them back.")


def register(root: typer.Typer) -> None:
    """Add the command to an app."""
    root.add_typer(app)


@app.command("list")
def list_letters(
    *,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """List dead letters, newest first. `agentos events --topic dead-letters` shows what is in them."""
    console = Console(highlight=False)
    table = Table("letter", "at", "stage", "from", "put back", "reason", box=None, pad_edge=False)
    for number, letter in enumerate(_letters(connect(url, token, data_dir), min(limit, PAGE))):
        if number == limit:
            break
        if as_json:
            typer.echo(json_line(letter))
            continue
        source = f"{letter['source_topic']}:{letter['source_partition']}:{letter['source_offset']}"
        back = (letter["redriven_at"] or "")[:19]
        cells = (f"{letter['partition']}:{letter['log_offset']}", letter["at"][:19], letter["stage"], source, back)
        table.add_row(*(Text(shown(cell)) for cell in (*cells, letter["reason"])))
    if not as_json:
        console.print(table if table.row_count else "No dead letters.")


@app.command("redrive")
def redrive(
    letters: Annotated[
        list[str] | None, typer.Argument(help="Letters as `list` shows them, PARTITION:OFFSET or OFFSET.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every letter that was not put back yet.")] = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Put the records of dead letters on their topics again, once what stopped them is mended.

    Exit code 2: a letter does not exist, or its record cannot be put back; those before it were.
    """
    if every == bool(letters):
        raise typer.BadParameter("expected letters, or --all")
    places = [_place(text) for text in letters or []]
    api = connect(url, token, data_dir)
    if every:
        found = [each for each in _letters(api, PAGE) if not each["redriven_at"]]
        places = [(each["partition"], each["log_offset"]) for each in reversed(found)]
    for partition, offset in places:
        done = api.call("POST", f"/api/v1/dead-letters/{partition}/{offset}/redrive")
        typer.echo(f"{partition}:{offset} is on {done['topic']} again")


def _letters(api: Api, size: int) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = api.call("GET", "/api/v1/dead-letters", params={"limit": size, **cursor})
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def _place(text: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"expected PARTITION:OFFSET or OFFSET, found {text}")
    return int(found[1] or 0), int(found[2])
