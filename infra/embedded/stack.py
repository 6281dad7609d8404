"""What a stack is made of: an embedded Kafka and Postgres, or the outside ones that the settings name."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.embedded.artifacts import Progress
from infra.embedded.kafka_broker import bootstrap_servers, kafka_process
from infra.embedded.postgres_server import database_url, postgres_process
from infra.embedded.process import Probe, ProcessSpec
from infra.embedded.supervised import External
from infra.errors import Unreachable
from infra.kafka import KafkaConnection, kafka_connection, wait_for_broker
from infra.postgres import why_not_ready
from infra.settings import Settings

EXTERNAL_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The stores AgentOS works on, and the parts that have to be run or watched for them."""

    kafka: KafkaConnection
    database_url: str
    parts: tuple[ProcessSpec | External, ...]


def describe_stack(settings: Settings, progress: Progress) -> Stack:
    """Give the stack of `settings`, with everything that embedded parts need in place. Nothing is started.

    Call it while holding the data folder: it chooses ports, downloads and prepares files.
    """
    broker = None if settings.kafka.bootstrap_servers else kafka_process(settings.stack, progress)
    kafka = kafka_connection(settings.kafka, bootstrap_servers(broker) if broker else None)
    url = settings.postgres.database_url.get_secret_value() if settings.postgres.database_url else None
    server = None if url else postgres_process(settings.stack, progress)
    url = database_url(settings.stack, server) if server else str(url)
    return Stack(
        kafka=kafka,
        database_url=url,
        parts=(
            broker or External(name="kafka", address=kafka.bootstrap_servers, probe=_broker_probe(kafka)),
            server or External(name="postgres", address=shown(url), probe=partial(why_not_ready, url)),
        ),
    )


def prepare_folder(data_dir: Path) -> Path:
    """Make the data folder, readable by nobody else, and give its absolute path."""
    path = data_dir.expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def shown(url: str) -> str:
    """Give an address without user and password."""
    return re.sub(r"//[^@/]*@", "//", url)


def _broker_probe(kafka: KafkaConnection) -> Probe:
    async def probe() -> str | None:
        try:
            await asyncio.to_thread(wait_for_broker, kafka, deadline_s=EXTERNAL_DEADLINE_S)
        except Unreachable as error:
            return str(error)
        return None

    return probe
