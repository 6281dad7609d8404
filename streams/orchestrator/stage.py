"""The orchestrator's process, put together: `orchestrator(settings, parts)`, then `run_stage`."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faust.types import TP

from engine.decide import Limits, World
from engine.ports import Ports
from infra.kafka import KafkaConnection, ProducerOptions, kafka_connection, producer
from infra.settings import KafkaSettings, RunSettings, Settings
from schemas import topics
from streams.app import App, assigned_partitions, consumer_group, faust_app
from streams.failpoints import fail_points
from streams.health import Health
from streams.metrics import Metrics
from streams.orchestrator.definitions import Definitions
from streams.orchestrator.ports import SnapshotSource
from streams.orchestrator.reactions import Reactions
from streams.orchestrator.store import Partitions, RunsTable
from streams.orchestrator.takeover import TakeOver
from streams.orchestrator.timer_service import TimerService
from streams.orchestrator.work import Work
from streams.outbox import Outbox
from streams.process import Stage
from streams.topics import topic_creator
from streams.transport import batch_of
from streams.watch import ProgressWatch

LOG = logging.getLogger(__name__)

ROLE = "orchestrator"
EVICT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the orchestrator is given from outside: evaluation and validation, and Postgres if there is one."""

    ports: Ports
    source: SnapshotSource | None = None


def orchestrator(settings: Settings, parts: Parts) -> Stage:
    """Give the orchestrator's process."""
    kafka = settings.kafka
    connection = kafka_connection(kafka)
    app = faust_app(ROLE, kafka, connection.bootstrap_servers)
    metrics = Metrics(ROLE)
    partitions = Partitions(parts.source, settings.runs.max_runs_in_memory, metrics)
    outbox = _outbox(connection, kafka)
    names = _Names(kafka)
    timers = TimerService(commands_topic=names.commands, partitions=partitions, outbox=outbox, metrics=metrics)
    definitions = Definitions(connection, names.definitions)
    work = Work(
        world=World(definitions=definitions.get, ports=parts.ports, limits=_limits(settings.runs)),
        definitions=definitions,
        timers=timers,
        events_topic=names.events,
        partitions=partitions,
        outbox=outbox,
        reactions=Reactions(kafka.topic_prefix, kafka.partitions, topic_creator(connection, kafka)),
        take_over=TakeOver(connection=connection, events_topic=names.events, partitions=partitions, metrics=metrics),
        metrics=metrics,
        fail_points=fail_points(os.environ),
        is_ours=lambda number: TP(names.commands, number) in app.consumer.assignment(),
    )
    add_agent(app, work, names)
    watch = ProgressWatch(
        connection=connection,
        group=consumer_group(ROLE, kafka),
        topic=names.commands,
        metrics=metrics,
        assigned=lambda: assigned_partitions(app, names.commands),
    )
    return Stage(
        name=ROLE,
        app=app,
        connection=connection,
        health=Health(metrics=metrics, ready=[_not_ready(app, partitions)]),
        background=[work.settle, timers.run, timers.refill, watch.run, lambda: keep_small(partitions)],
    )


def _outbox(connection: KafkaConnection, kafka: KafkaSettings) -> Outbox:
    options = ProducerOptions(
        compression=kafka.compression, delivery_timeout_s=kafka.delivery_timeout_s, client_id=ROLE
    )
    return Outbox(lambda: producer(connection, options))


class _Names:
    """The names of the orchestrator's topics."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.commands = topics.COMMANDS.full_name(kafka.topic_prefix)
        self.events = topics.EVENTS.full_name(kafka.topic_prefix)
        self.definitions = topics.DEFINITIONS.full_name(kafka.topic_prefix)
        self.partitions = kafka.partitions


def add_agent(app: App, work: Work, names: _Names) -> None:
    """Add the table of runs, and the agent that takes commands."""
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "partitions": names.partitions}
    table = RunsTable(
        app,
        name="runs",
        changelog_topic=app.topic(names.events, acks=False, **raw),
        partitions=names.partitions,
        partitions_of_runs=work.partitions,
        read_ends=work.take_over.read_ends,
        # Not 1: Faust would then go on reading the events topic for ever, as if this were a standby.
        recovery_buffer_size=4,
    )
    app.tables.add(table)

    @app.agent(app.topic(names.commands, **raw), name=ROLE)
    async def orchestrate(stream: Any) -> None:
        async for event in stream.noack().events():
            began_at = time.perf_counter()
            records = batch_of(event)
            if await work.do(records):
                event.ack()
            work.metrics.batch(len(records), time.perf_counter() - began_at)


async def keep_small(partitions: Partitions) -> None:
    """Let runs go that Postgres holds, for ever, so that memory stays bounded."""
    while True:
        await asyncio.sleep(EVICT_EVERY_S)
        for partition in partitions:
            evict(partitions, partition.number)
        partitions.metrics.runs_in_memory.set(sum(len(partition.runs) for partition in partitions))
        partitions.metrics.partitions.set(len(partitions))


def evict(partitions: Partitions, number: int) -> None:
    """Let runs of one partition go that Postgres holds, if there are more than the setting allows."""
    partition = partitions.get(number)
    if partition is None or partitions.source is None or partition.runs.is_within_limit:
        return
    try:
        watermark = partitions.source.watermark(number)
    except ConnectionError as error:
        LOG.warning("runs stay in memory: %s", error)
        return
    if watermark is not None:
        partition.evict(watermark.offset)


def _limits(runs: RunSettings) -> Limits:
    return Limits(steps_max=runs.max_steps, commit_bytes_max=runs.max_commit_bytes)


def _not_ready(app: App, partitions: Partitions) -> Callable[[], list[str]]:
    def reasons() -> list[str]:
        stopped = [f"partition {number} is stopped: {why}" for number, why in partitions.stopped.items()]
        recovering = [f"partition {each.number} is being recovered" for each in partitions if not each.is_recovered]
        return [*stopped, *recovering, *(["the group is rebalancing"] if app.rebalancing else [])]

    return reasons
