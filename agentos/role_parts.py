"""What each role's process is made of: the one place where stages meet expressions, validation, nodes and Postgres."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from infra.errors import InvalidSettings
from infra.settings import Settings

if TYPE_CHECKING:
    from streams.process import Stage


def orchestrator(settings: Settings) -> Stage:
    """Give the process that decides. It goes on without Postgres, from the log alone."""
    from engine.ports import Ports
    from expressions.evaluator import JqEvaluator
    from infra.postgres_session import Session
    from infra.snapshots_store import SnapshotReader
    from language.validate import JsonSchemaValidator
    from streams.orchestrator.stage import Parts
    from streams.orchestrator.stage import orchestrator as orchestrator_stage

    url = settings.postgres.database_url
    source = SnapshotReader(Session(url.get_secret_value(), application="agentos orchestrator")) if url else None
    ports = Ports(evaluator=JqEvaluator(), validator=JsonSchemaValidator())
    return orchestrator_stage(settings, Parts(ports=ports, source=source))


def snapshots(settings: Settings) -> Stage:
    """Give the process that writes to Postgres."""
    from infra.kafka import kafka_connection
    from streams.snapshots.role import snapshots_role

    return snapshots_role(settings, kafka_connection(settings.kafka), _database_url(settings))


def nodes(settings: Settings, types: Sequence[str] = ()) -> Stage:
    """Give the process that runs tasks of the node types called `types`, of all there are when none is named."""
    from agentos.node_provisions import provisions
    from agentos.secret_table import secrets_reader
    from streams.worker.role import Parts, node_worker

    return node_worker(settings, types, Parts(provisions=provisions(settings), read_secrets=secrets_reader(settings)))


def correlator(settings: Settings) -> Stage:
    """Give the process that delivers CloudEvents to those who wait for them."""
    from expressions.evaluator import JqEvaluator
    from streams.correlator.stage import correlator as correlator_stage

    return correlator_stage(settings, JqEvaluator())


def lifecycle(settings: Settings) -> Stage:
    """Give the process that tells the world how runs and tasks are doing."""
    from streams.lifecycle.stage import lifecycle as lifecycle_stage

    return lifecycle_stage(settings)


STAGES: Mapping[str, Callable[[Settings], Stage]] = {
    "orchestrator": orchestrator,
    "nodes": nodes,
    "snapshots": snapshots,
    "correlator": correlator,
    "lifecycle": lifecycle,
}


def _database_url(settings: Settings) -> str:
    if settings.postgres.database_url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; `agentos up` brings its own")
    return settings.postgres.database_url.get_secret_value()
