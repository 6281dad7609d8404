"""`agentos events`: the log as JSON lines, by place, instant, run and type, and live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from agentos.api_client import Token, Url, connect
from agentos.log_stream import PAGE, LogStream, pages
from agentos.options import DataDir
from agentos.run_output import json_line

#: What begins a line of an event, beside the event itself.
_PLACE = ("partition", "offset")


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("events")(events)


def events(  # noqa: PLR0913  # options of a command line are named, not counted
    *,
    topic: Annotated[
        str, typer.Option(help="Topic, such as commands, cloudevents, definitions, dead-letters, tasks.http.")
    ] = "events",
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition.")] = None,
    offset: Annotated[int | None, typer.Option(min=0, help="Begin here; needs --partition or --run.")] = None,
    time: Annotated[
        str | None, typer.Option("--time", "--since", help="Begin at this instant, such as 2026-11-22T21:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End before this instant.")] = None,
    last: Annotated[int | None, typer.Option("-n", "--last", min=0, help="The last N records a partition.")] = None,
    run: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only this type of event, order, CloudEvent, or kind of record.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="End after so many lines.")] = None,
    records: Annotated[bool, typer.Option("--records", help="A line for a whole commit, not for each event.")] = False,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what is appended.")] = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Print the log as JSON lines, oldest first, from its beginning to its end if not said otherwise.

    A line of the events topic is an event with its place. Exit code 0: read to the end; 2: there is no such topic or
    partition, or the offset is not in the log (the message says the valid range); 4: the API does not answer.
    """
    query = {"topic": topic, "partition": partition, "offset": offset, "time": time, "until": until, "last": last}
    query |= {"run": run, "type": kind, "limit": min(limit or PAGE, PAGE)}
    asked = {name: value for name, value in query.items() if value is not None}
    api = connect(url, token, data_dir)
    left = limit
    for record in _records(LogStream(api, asked, ""), is_endless=follow):
        for line in [record] if records else lines_of(record):
            typer.echo(json_line(line))
            left = None if left is None else left - 1
            if left == 0:
                return


def _records(stream: LogStream, *, is_endless: bool) -> Iterator[dict[str, Any]]:
    for page in pages(stream.api, stream.query):
        yield from page["items"]
        stream.position = page["position"]
    if is_endless:
        yield from stream.records()


def lines_of(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the events of a commit, each with its place; any other record as it is."""
    if record["kind"] != "Commit":
        yield record
        return
    place = {name: record[name] for name in _PLACE}
    for event in record["record"]["events"]:
        yield {**place, **event}
