"""`agentos replay`: feeds records of the log to a function again, or prints them."""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import Annotated

import typer

from agentos.options import DataDir, settings_for
from agentos.replaying import Replayed, awaited, consumer_of, parse_end, parse_place, replayed, spans
from agentos.run_output import json_line
from agentos.running import with_running_stores
from infra.kafka import kafka_connection
from infra.log_pages import LogPages
from nodes.registry import load_registry
from schemas.topics import TOPICS, Topic, task_topic

FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("replay")(replay)


def replay(
    *,
    start: Annotated[
        str,
        typer.Option("--from", help="TOPIC:PARTITION:OFFSET, or :INSTANT. Default: the beginning."),
    ],
    end: Annotated[str, typer.Option("--to", help="Last offset, or instant before which to end. Default: now.")] = "",
    call: Annotated[str | None, typer.Option(help="MODULE:FUNCTION to call with each record. Default: print.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Feed records again, as they lie in the log, to a function of yours; it changes nothing in the log.

    TOPIC:*:INSTANT takes all partitions, one after the other. The function gets `agentos.replaying.Replayed`; one that
    is a coroutine is awaited. Exit code 1: it raised; the message says from where to go on. 2: no such place.
    """
    place, stop = parse_place(start), parse_end(end)
    settings = with_running_stores(settings_for(data_dir))
    topic = _topic(place.topic.removeprefix(settings.kafka.topic_prefix))
    full_name = topic.full_name(settings.kafka.topic_prefix)
    function = print_record if call is None else consumer_of(call)
    log = LogPages(kafka_connection(settings.kafka))
    records = replayed(log, topic, full_name, spans(log, full_name, place, stop))
    number = 0
    with asyncio.Runner() as runner:
        give = awaited(runner, function)
        for record in records:
            try:
                give(record)
            except Exception:  # noqa: BLE001 - the boundary to code that is not ours: it may raise anything
                traceback.print_exc()
                at = f"{topic.name}:{record.partition}:{record.offset}"
                typer.echo(f"{number} records were fed; the next one failed. Go on with --from {at}", err=True)
                raise typer.Exit(FAILED) from None
            number += 1
    if call is not None:
        typer.echo(f"{number} records were fed", err=True)


def print_record(record: Replayed) -> None:
    """Print a record as a line of JSON."""
    sys.stdout.write(json_line(record.view()) + "\n")


def _topic(name: str) -> Topic:
    known = {topic.name: topic for topic in (*TOPICS, *map(task_topic, sorted(load_registry().types)))}
    if name not in known:
        raise typer.BadParameter(f"there is no topic {name}: expected one of {', '.join(known)}")
    return known[name]
