"""`agentos rebuild`: makes everything in Postgres anew from the log, while the system runs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from agentos.options import AsJson, DataDir, settings_for
from agentos.running import with_running_stores
from infra.errors import InvalidSettings
from infra.event_log import EventLog
from infra.kafka import kafka_connection
from infra.settings import Settings
from schemas.topics import DEAD_LETTERS, DEFINITIONS, EVENTS, Topic
from streams.rebuild import Outcome, RebuildParts, Wanted, rebuild

DIFFERENT = 1
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("rebuild")(rebuild_command)


def rebuild_command(
    *,
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition of the events topic.")] = None,
    offset: Annotated[
        int | None, typer.Option(min=0, help="With --partition: keep what lies before this offset.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare with what was there, row by row.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Fold the log from its beginning into new tables, and put them in the place of the old ones at once.

    The system goes on meanwhile; only at the end writers to Postgres wait for a moment. Nothing changes if it fails.
    With --verify, exit code 1 says that what was there was not what the log says; it is now.
    """
    if offset is not None and partition is None:
        raise typer.BadParameter("an offset belongs to one partition: expected --partition with it")
    settings = with_running_stores(settings_for(data_dir))
    console = Console(stderr=True, highlight=False)
    with _bar(console) as bar:
        parts = rebuild_parts(settings, _progress(bar))
        _check(parts, partition, offset or 0)
        outcome = rebuild(parts, Wanted(partition=partition, offset=offset or None, is_compared=verify))
    _tell(outcome, as_json=as_json, is_compared=verify)
    if not outcome.is_equal:
        raise typer.Exit(DIFFERENT)


def rebuild_parts(settings: Settings, progress: Callable[[str, int, int], None]) -> RebuildParts:
    """Give what a rebuild works with, in the stores that the settings name."""
    url = settings.postgres.database_url
    if url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; run `agentos up`, or set it")
    kafka = kafka_connection(settings.kafka)

    def log(topic: Topic) -> EventLog:
        return EventLog(kafka, topic.full_name(settings.kafka.topic_prefix))

    return RebuildParts(
        database_url=url.get_secret_value(),
        events=log(EVENTS),
        definitions=log(DEFINITIONS),
        dead_letters=log(DEAD_LETTERS),
        every_commits=settings.snapshots.every_commits,
        progress=progress,
    )


def _check(parts: RebuildParts, partition: int | None, offset: int) -> None:
    if partition is None:
        return
    known = parts.events.ends()
    if partition not in known:
        raise typer.BadParameter(f"expected a partition from 0 to {max(known)}, found {partition}")
    end = known[partition]
    if offset and not end.low <= offset < end.high:
        raise typer.BadParameter(f"partition {partition} holds the offsets {end.low} to {end.high - 1}, not {offset}")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _progress(bar: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def tell(what: str, done: int, in_all: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what)
        bar.update(tasks[what], completed=done, total=max(done, in_all) or None)

    return tell


def _tell(outcome: Outcome, *, as_json: bool, is_compared: bool) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(outcome) | {"is_equal": outcome.is_equal if is_compared else None}))
        return
    rate = outcome.records / max(outcome.seconds, 0.001)
    typer.echo(
        f"{outcome.records} commits in {outcome.seconds:.1f} s ({rate:,.0f}/s);"
        f" writers waited {outcome.held_s * 1000:.0f} ms at the end"
    )
    if is_compared:
        before, after = outcome.digests
        typer.echo(f"states before  {before}\nstates now     {after}")
        typer.echo("equal" if outcome.is_equal else "different:")
    for table, keys in outcome.differences.items():
        for key in keys[:SHOWN]:
            typer.echo(f"  {table} {key}")
        if len(keys) > SHOWN:
            typer.echo(f"  {table}: {len(keys) - SHOWN} more")
