"""`agentos prepare`: makes what must be in an outside Kafka and Postgres before the first role starts."""

from __future__ import annotations

import typer

from agentos.options import settings_for
from agentos.stores import prepare_stores
from infra.embedded.stack import Stack
from infra.errors import InvalidSettings
from infra.kafka import kafka_connection
from infra.settings import Settings
from nodes.registry import load_registry


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("prepare")(prepare)


def prepare() -> None:
    """Create missing topics and tables. Needs KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL. May be run again."""
    settings = settings_for(None)
    types = load_registry(folder=settings.nodes.nodes_dir).types
    made = prepare_stores(outside_stores(settings), settings.kafka, sorted(types))
    for name in made or ["Everything is there already"]:
        typer.echo(name)


def outside_stores(settings: Settings) -> Stack:
    """Give the stores that the settings name. Raises `InvalidSettings` when one is not named."""
    if settings.kafka.bootstrap_servers is None:
        raise _missing("KAFKA_BOOTSTRAP_SERVERS")
    if settings.postgres.database_url is None:
        raise _missing("DATABASE_URL")
    url = settings.postgres.database_url.get_secret_value()
    return Stack(kafka=kafka_connection(settings.kafka), database_url=url, parts=())


def _missing(name: str) -> InvalidSettings:
    return InvalidSettings(f"{name}: expected an address, found none; `agentos up` brings its own and prepares it")
