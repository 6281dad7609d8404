"""The process of the role `snapshots`: everything it is made of, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.event_log import EventLog
from infra.index_store import DEAD_LETTERS as DEAD_LETTER_INDEX
from infra.index_store import DEFINITIONS as DEFINITION_INDEX
from infra.index_store import IndexStore
from infra.kafka import KafkaConnection, producer
from infra.postgres_session import Session
from infra.settings import Settings
from infra.snapshots_store import SnapshotStore
from schemas import codec
from schemas.records import DeadLetter, Definition
from schemas.topics import DEAD_LETTERS, DEFINITIONS, EVENTS
from streams.app import App, consumer_group, faust_app
from streams.health import Health
from streams.metrics import Metrics
from streams.process import Stage
from streams.snapshots.agent import STAGE, AgentParts, SnapshotsAgent, report_malformed
from streams.snapshots.index import IndexAgent, IndexParts
from streams.snapshots.stage import Outside, SnapshotsStage, StageLimits
from streams.watch import ProgressWatch


def snapshots_role(settings: Settings, kafka: KafkaConnection, database_url: str) -> Stage:
    """Give the process of the role. It expects topics and tables to be there, and waits while they are not."""
    metrics = Metrics(STAGE)
    app = faust_app(STAGE, settings.kafka, kafka.bootstrap_servers)
    group = consumer_group(STAGE, settings.kafka)
    log = EventLog(kafka, EVENTS.full_name(settings.kafka.topic_prefix))
    stage = SnapshotsStage(
        SnapshotStore(Session(database_url, application="agentos snapshots")),
        StageLimits(batch_records=settings.snapshots.batch_rows, every_commits=settings.snapshots.every_commits),
        Outside(
            on_malformed=report_malformed(log.topic, dead_letters(settings, kafka, metrics)),
            values_at=log.places().values_at,
        ),
    )
    agent = SnapshotsAgent(app, AgentParts(stage=stage, log=log, group=group, metrics=metrics))
    agent.register()
    indexes = index_agents(app, settings, kafka, database_url)
    watch = ProgressWatch(connection=kafka, group=group, topic=log.topic, metrics=metrics, assigned=agent.working_on)
    return Stage(
        name=STAGE,
        app=app,
        connection=kafka,
        health=Health(metrics=metrics, ready=[agent.not_ready, *(index.not_ready for index in indexes)]),
        background=[agent.keep_writing, watch.run, *(index.catch_up for index in indexes)],
    )


def index_agents(app: App, settings: Settings, kafka: KafkaConnection, database_url: str) -> list[IndexAgent[Any]]:
    """Give the agents that keep definitions and dead letters as tables, registered with the app."""
    store = IndexStore(Session(database_url, application="agentos index"))
    group, prefix = consumer_group(STAGE, settings.kafka), settings.kafka.topic_prefix
    agents: list[IndexAgent[Any]] = [
        IndexAgent(
            app,
            IndexParts(
                name=DEFINITION_INDEX,
                kind=Definition,
                log=EventLog(kafka, DEFINITIONS.full_name(prefix)),
                group=group,
                next_offset=lambda partition: store.next_offset(DEFINITION_INDEX, partition),
                add=store.add_definitions,
            ),
        ),
        IndexAgent(
            app,
            IndexParts(
                name=DEAD_LETTER_INDEX,
                kind=DeadLetter,
                log=EventLog(kafka, DEAD_LETTERS.full_name(prefix)),
                group=group,
                next_offset=lambda partition: store.next_offset(DEAD_LETTER_INDEX, partition),
                add=store.add_dead_letters,
            ),
        ),
    ]
    for agent in agents:
        agent.register()
    return agents


def dead_letters(settings: Settings, kafka: KafkaConnection, metrics: Metrics) -> Callable[[DeadLetter], None]:
    """Give what puts a dead letter on its topic and waits until it is there: there are few."""
    sender = producer(kafka)
    topic = DEAD_LETTERS.full_name(settings.kafka.topic_prefix)

    def send(letter: DeadLetter) -> None:
        sender.produce(topic, codec.encode(letter), letter.stage.encode())
        sender.flush()
        metrics.dead_letters.inc()

    return send
