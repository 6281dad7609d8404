"""`agentos runs`: lists runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from agentos.api_client import Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, runs_table

Status = StrEnum("Status", "pending queued running waiting suspended completed faulted cancelled")
MISUSE = 2


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("runs")(runs)


def runs(  # noqa: PLR0913  # options of a command line are named, not counted
    *,
    status: Annotated[list[Status] | None, typer.Option(help="Only runs in this status. May be repeated.")] = None,
    workflow: Annotated[
        str | None, typer.Option(help="Only runs of `namespace`, `namespace/name` or `…:version`.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="As they were at an instant, such as 2026-11-22T21:00:00Z.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Runs on a page.")] = 20,
    cursor: Annotated[
        str | None, typer.Option(help="Where to go on: the last line of the page before says it.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """List runs, newest first. With --json: one JSON object a line, and a last one with `next` if there are more."""
    query = {"status": [str(each.name) for each in status or []], "limit": limit, **_workflow(workflow)}
    query |= {name: value for name, value in (("cursor", cursor), ("as_of", as_of)) if value}
    page = connect(url, token, data_dir).call("GET", "/api/v1/runs", params=query)
    if as_json:
        for found in page["items"]:
            typer.echo(json_line(found))
        if page["next"]:
            typer.echo(json_line({"next": page["next"]}))
        return
    console = Console(highlight=False)
    if not page["items"]:
        console.print("No runs. Start one: agentos run FILE")
        return
    console.print(runs_table(page["items"]))
    if page["next"]:
        console.print(f"More: --cursor {page['next']}", soft_wrap=True)


def _workflow(text: str | None) -> dict[str, Any]:
    """Give the filters that a reference stands for."""
    if text is None:
        return {}
    namespace, _, rest = text.partition("/")
    name, _, version = rest.partition(":")
    parts = {"namespace": namespace, "name": name, "version": version}
    return {key: value for key, value in parts.items() if value}
