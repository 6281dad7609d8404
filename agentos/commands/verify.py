"""`agentos verify`: folds the log from its beginning and compares the result with Postgres."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agentos.options import AsJson, DataDir, settings_for
from agentos.running import with_running_stores
from infra.errors import InvalidSettings
from infra.event_log import EventLog
from infra.kafka import kafka_connection
from infra.postgres_session import Session
from infra.settings import Settings
from infra.snapshots_store import SnapshotReader
from schemas.topics import EVENTS
from streams.verify import Verdict, verify

DIFFERENT = 1
Partitions = Annotated[list[int] | None, typer.Option("--partition", help="Only this partition. May be given again.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("verify")(verify_command)


def verify_command(*, partitions: Partitions = None, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Compare Postgres with the log, digest by digest. Ends with 1 if they differ."""
    verdicts = verified(with_running_stores(settings_for(data_dir)), partitions or [])
    if as_json:
        for verdict in verdicts:
            typer.echo(json.dumps(dataclasses.asdict(verdict)))
    else:
        show(Console(highlight=False), verdicts)
    if not all(verdict.is_equal for verdict in verdicts):
        raise typer.Exit(DIFFERENT)


def verified(settings: Settings, partitions: list[int]) -> list[Verdict]:
    """Compare with the stores that the settings name."""
    url = settings.postgres.database_url
    if url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; run `agentos up`, or set it")
    log = EventLog(kafka_connection(settings.kafka), EVENTS.full_name(settings.kafka.topic_prefix))
    reader = SnapshotReader(Session(url.get_secret_value(), application="agentos verify"))
    try:
        return verify(log, reader, partitions)
    finally:
        reader.close()


def show(console: Console, verdicts: list[Verdict]) -> None:
    """Print a table, and what differs below it."""
    table = Table("partition", "commits", "skipped", "malformed", "runs", "not yet written", "mismatches")
    for found in verdicts:
        numbers = (found.accepted, found.skipped, found.malformed, found.runs, found.behind, len(found.mismatches))
        table.add_row(str(found.partition), *map(str, numbers))
    console.print(table)
    for found in verdicts:
        for sentence in found.mismatches:
            console.print(f"partition {found.partition}: {sentence}", soft_wrap=True)
