"""`agentos show RUN`: a run, its state and its history."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Annotated, Any

import typer
from rich.console import Console

from agentos.api_client import Api, Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import event_line, json_line, pretty, print_run

Run = Annotated[str, typer.Argument(help="Id of the run.")]
State = Annotated[bool, typer.Option("--state", help="Print the folded state instead: every live task and timer.")]

At = Annotated[
    str | None,
    typer.Option(help="A moment: the number of an event, offset:N, or an instant such as 2026-11-22T21:00:00Z."),
]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("show")(show)


def show(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Run,
    *,
    state: State = False,
    at: At = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Show a run, what it waits for, and its history. With --json: the run, then one event a line.

    With --at, all of it as it was: a moment that the run does not have ends with exit code 2 and the valid range.
    """
    api = connect(url, token, data_dir)
    moment = {} if at is None else {"at": at}
    if state:
        typer.echo(pretty(api.call("GET", f"/api/v1/runs/{run}/state", params=moment)))
        return
    found = api.call("GET", f"/api/v1/runs/{run}", params=moment)
    events = takewhile(lambda event: event["seq"] <= found["seq"], history(api, run)) if at else history(api, run)
    if as_json:
        typer.echo(json_line(found))
        for event in events:
            typer.echo(json_line(event))
        return
    console = Console(highlight=False, soft_wrap=True)
    print_run(console, found)
    for event in events:
        console.print(event_line(event))


def history(api: Api, run: str) -> Iterator[dict[str, Any]]:
    """Yield all events of a run, page by page."""
    after: int | None = 0
    while after is not None:
        page = api.call("GET", f"/api/v1/runs/{run}/events", params={"after": after})
        yield from page["items"]
        after = page["next"]
