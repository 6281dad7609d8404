"""The API's process: what it is made of, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
import uvloop

from api.app import create_app
from api.assembly import Options, Outside, assemble
from api.catalogue import Catalogue
from api.live import Live
from api.locating import locator
from api.metrics import Metrics
from api.recent import Recent
from api.services import Health, Services
from api.store import PostgresStore
from api.tail import Log, Sinks, Tail
from infra.errors import InvalidSettings
from infra.event_log import EventLog
from infra.history import History
from infra.kafka import KafkaConnection, kafka_connection
from infra.kafka.delivery import Outbox, OutboxOptions
from infra.kafka.following import Follower
from infra.log_pages import LogPages
from infra.people import read_people
from infra.read_models import Approvals, Database, Definitions, Runs
from infra.settings import Settings
from language.resolving import Judge
from nodes.desk import Desk
from nodes.registry import load_registry
from schemas.topics import DEFINITIONS, EVENTS

#: Bytes of commits kept in memory, for what the snapshots stage has not written yet.
RECENT_BYTES = 64 * 1024 * 1024
#: How long one thread may keep the others from running: answers should not wait for the log's thread.
SWITCH_S = 0.001
GRACE_S = 3
USUAL_PORT = 8400


def main(settings: Settings, judge: Judge, desk: Desk) -> None:
    """Serve until a signal."""
    sys.setswitchinterval(SWITCH_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, judge, desk))


async def serve(settings: Settings, judge: Judge, desk: Desk) -> None:
    """Serve the API where the settings say."""
    async with running_services(settings, judge, desk) as services:
        config = uvicorn.Config(
            create_app(services, host=settings.server.host),
            host=settings.server.host,
            port=USUAL_PORT if settings.server.port is None else settings.server.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.server.trusted_proxies is not None,
            forwarded_allow_ips=settings.server.trusted_proxies,
            ws="none",
            timeout_graceful_shutdown=GRACE_S,
        )
        await uvicorn.Server(config).serve()


@asynccontextmanager
async def running_services(settings: Settings, judge: Judge, desk: Desk) -> AsyncIterator[Services]:
    """Give the services, connected and following the log."""
    database_url, options = required(settings, judge, desk)
    kafka = kafka_connection(settings.kafka)
    sinks = Sinks(live=Live(), recent=Recent(RECENT_BYTES), metrics=Metrics(), catalogue=Catalogue())
    tail = Tail(log_of(kafka, database_url, settings), sinks)
    outbox = Outbox(kafka, OutboxOptions(compression=settings.kafka.compression))
    async with Database(database_url, settings.postgres) as database:
        events = EVENTS.full_name(settings.kafka.topic_prefix)
        runs = Runs(database)
        history = History(runs, EventLog(kafka, events), every_commits=settings.snapshots.every_commits)
        store = PostgresStore(runs, Definitions(database), history)
        tail.start()
        try:
            outside = Outside(
                outbox=outbox,
                store=store,
                health=health_of(tail),
                log=LogPages(kafka),
                sinks=sinks,
                inbox=Approvals(database),
            )
            yield assemble(outside, options)
        finally:
            await tail.stop()
            await outbox.close()
            await history.close()


def required(settings: Settings, judge: Judge, desk: Desk) -> tuple[str, Options]:
    """Give the address of Postgres and what the services are told. Raises `InvalidSettings` for what is missing."""
    if settings.postgres.database_url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; `agentos up` brings its own")
    if settings.server.token is None:
        raise InvalidSettings("AGENTOS_TOKEN: expected a secret of at least 16 characters, found none")
    options = Options(
        token=settings.server.token.get_secret_value(),
        topic_prefix=settings.kafka.topic_prefix,
        payload_bytes=settings.server.payload_bytes,
        node_types=load_registry(folder=settings.nodes.nodes_dir),
        judge=judge,
        people=read_people(settings.approvals.people),
        desk=desk,
        acts_for_others=settings.approvals.act_for_others,
    )
    return settings.postgres.database_url.get_secret_value(), options


def log_of(kafka: KafkaConnection, database_url: str, settings: Settings) -> Log:
    """Give the log as the tail needs it."""
    prefix = settings.kafka.topic_prefix
    topics = (EVENTS.full_name(prefix), DEFINITIONS.full_name(prefix))
    return Log(
        events_topic=topics[0],
        definitions_topic=topics[1],
        locate=locator(kafka, database_url, topics),
        follow=partial(Follower, kafka),
    )


def health_of(tail: Tail) -> Health:
    """Give what is asked about the tail."""
    return Health(
        is_alive=lambda: tail.is_alive,
        why_not_ready=lambda: tail.why_not_ready,
        positions=lambda: dict(tail.positions),
    )
