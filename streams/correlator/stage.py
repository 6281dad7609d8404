"""The correlator's process, put together: `correlator(settings, evaluator)`, then `run_stage`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from prometheus_client import Gauge

from engine.ports import Evaluator
from infra.kafka import ProducerOptions, kafka_connection, producer
from infra.settings import KafkaSettings, Settings
from schemas import topics
from streams.app import App, assigned_partitions, consumer_group, faust_app
from streams.correlator.store import Desks, SubscriptionsTable
from streams.correlator.work import Names, Work
from streams.health import Health
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.process import Stage
from streams.transport import batch_of
from streams.watch import ProgressWatch

ROLE = "correlator"


def correlator(settings: Settings, evaluator: Evaluator) -> Stage:
    """Give the correlator's process."""
    kafka = settings.kafka
    connection = kafka_connection(kafka)
    app = faust_app(ROLE, kafka, connection.bootstrap_servers)
    metrics = Metrics(ROLE)
    options = ProducerOptions(
        compression=kafka.compression, delivery_timeout_s=kafka.delivery_timeout_s, client_id=ROLE
    )
    names = names_of(kafka)
    work = Work(
        connection=connection,
        group=consumer_group(ROLE, kafka),
        names=names,
        desks=Desks(evaluator),
        outbox=Outbox(lambda: producer(connection, options)),
        metrics=metrics,
        is_ours=lambda number: number in assigned_partitions(app, names.cloudevents),
    )
    add_agent(app, work)
    watch = ProgressWatch(
        connection=connection,
        group=work.group,
        topic=names.cloudevents,
        metrics=metrics,
        assigned=lambda: assigned_partitions(app, names.cloudevents),
    )
    return Stage(
        name=ROLE,
        app=app,
        connection=connection,
        health=Health(metrics=metrics, ready=[_not_ready(app)]),
        background=[work.keep_welcoming, watch.run],
    )


def names_of(kafka: KafkaSettings) -> Names:
    """Give the names of the correlator's topics."""
    prefix = kafka.topic_prefix
    return Names(
        cloudevents=topics.CLOUDEVENTS.full_name(prefix),
        subscriptions=topics.SUBSCRIPTIONS.full_name(prefix),
        commands=topics.COMMANDS.full_name(prefix),
        dead_letters=topics.DEAD_LETTERS.full_name(prefix),
        partitions=kafka.partitions,
    )


def add_agent(app: App, work: Work) -> None:
    """Add the table of subscriptions, and the agent that takes events."""
    names, metrics = work.names, work.metrics
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "partitions": names.partitions}
    table = SubscriptionsTable(
        app,
        name="subscriptions",
        changelog_topic=app.topic(names.subscriptions, acks=False, **raw),
        partitions=names.partitions,
        desks=work.desks,
        on_recover=None,
        recover_callbacks={_recovered(work)},
        # With this size Faust goes on reading the changelog after recovery: others write it.
        recovery_buffer_size=1,
    )
    app.tables.add(table)
    count = Gauge("agentos_subscriptions", "Who waits for CloudEvents here.", registry=metrics.registry)
    count.set_function(lambda: sum(len(desk.subscriptions) for desk in work.desks))

    @app.agent(app.topic(names.cloudevents, **raw), name=ROLE)
    async def correlate(stream: Any) -> None:
        async for event in stream.noack().events():
            began_at = time.perf_counter()
            records = batch_of(event)
            if await work.do(records):
                event.ack()
            metrics.batch(len(records), time.perf_counter() - began_at)


def _recovered(work: Work) -> Callable[[], Any]:
    async def recovered() -> None:
        work.desks.note_recovery()

    return recovered


def _not_ready(app: App) -> Callable[[], list[str]]:
    return lambda: ["partitions are being recovered"] if app.rebalancing else []
