"""`agentos diff RUN A B`: what changed in a run between two moments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from agentos.api_client import Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import EXCERPT, json_line, shown

_SIGNS = {"add": ("+", "green"), "remove": ("-", "red"), "replace": ("~", "yellow")}


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("diff")(diff)


def diff(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Annotated[str, typer.Argument(help="Id of the run.")],
    before: Annotated[str, typer.Argument(metavar="A", help="A moment: an event's number, offset:N, or an instant.")],
    after: Annotated[str | None, typer.Argument(metavar="B", help="Another moment. Default: now.")] = None,
    *,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Show what changed in the state of a run between two moments. With --json: one document, after RFC 6902.

    Exit code 2: the run does not exist, or has no such moment; the message says the valid range.
    """
    moments = {"from": before} | ({} if after is None else {"to": after})
    found = connect(url, token, data_dir).call("GET", f"/api/v1/runs/{run}/diff", params=moments)
    if as_json:
        typer.echo(json_line(found))
        return
    console = Console(highlight=False, soft_wrap=True)
    for sign, name in (("---", "from"), ("+++", "to")):
        console.print(Text(f"{sign} event {found[name]['seq']} at {found[name]['at']}, {found[name]['hash']}"))
    for change in found["changes"]:
        console.print(change_line(change))
    if found["is_cut"]:
        console.print("… and more: compare moments that are nearer to each other")


def change_line(change: Mapping[str, Any]) -> Text:
    """Give one line for a place that changed."""
    sign, style = _SIGNS[change["op"]]
    line = Text(f"{sign} ", style=style).append(shown(change["path"]) or "/", style="cyan")
    values = [_excerpt(change[name]) for name in ("was", "value") if name in change]
    return line.append(f"  {' -> '.join(values)}", style="dim")


def _excerpt(value: Any) -> str:
    text = shown(json.dumps(value, ensure_ascii=False).replace("\n", " "))
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
