"""The process of the role `nodes`: everything it is made of, put together from the settings."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from expressions.evaluator import JqEvaluator
from expressions.limits import Limits
from expressions.pool import EvaluatorPool
from infra.errors import InvalidSettings, Unreachable
from infra.kafka import KafkaConnection, ProducerOptions, create_topics, kafka_connection, producer
from infra.settings import KafkaSettings, RunSettings, Settings
from language.validator_pool import ValidatorPool
from nodes.base import Caps
from nodes.expression import Expression
from nodes.http.addresses import AddressPolicy, InvalidAllowance, address_policy
from nodes.http.client import HttpClient, HttpOptions
from nodes.provisions import Provisions, instance_of
from nodes.registry import DuplicateNodeType, NodeType, Registry, UnknownNodeType, load_registry
from schemas.topics import COMMANDS, DEAD_LETTERS, PROGRESS, task_topic
from streams.app import App, assigned_partitions, faust_app
from streams.health import Health
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.process import Stage
from streams.topics import topic_spec
from streams.worker.answered import Answered
from streams.worker.arguments import SecretArguments
from streams.worker.crew import Bounds
from streams.worker.execution import Execution, LoadedNode, Toolbox
from streams.worker.figures import Figures
from streams.worker.lag import LagWatch
from streams.worker.progress import ProgressWriter
from streams.worker.reloading import Load, Prepare, Reloading
from streams.worker.results import STAGE, Addresses, Results
from streams.worker.secrets import EnvironmentSecrets, FolderSecrets, ReadTable, Secrets, SecretSource, TableSecrets
from streams.worker.watch import Pace
from streams.worker.worker import NodeWorker, WorkerOptions, WorkerParts

LOG = logging.getLogger(__name__)

#: What runs beside the app, for ever.
Background = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker is given: node types of others, and what only the composition can give."""

    registry: Registry | None = None
    #: What node types get beside the task's context; the evaluators are added here.
    provisions: Provisions = field(default_factory=Provisions)
    #: Reads the secrets of a table, if there is one.
    read_secrets: ReadTable | None = None


def node_worker(settings: Settings, types: Sequence[str] = (), parts: Parts | None = None) -> Stage:
    """Give the process of a worker for the node types called `types`, for all when there are none."""
    given = parts or Parts()
    kafka = settings.kafka
    connection = kafka_connection(kafka)
    registry = given.registry or known_types(settings.nodes.nodes_dir)
    chosen = chosen_types(registry, types)
    ensure_topics(connection, kafka, chosen)
    app = faust_app(STAGE, kafka, connection.bootstrap_servers)
    metrics = Metrics(STAGE)
    figures = Figures(metrics)
    outbox = outbox_to(connection, kafka)
    pool = EvaluatorPool(expression_limits(settings.runs), settings.runs.expression_evaluators)
    validators = ValidatorPool(expression_limits(settings.runs))
    provisions = replace(given.provisions, evaluate=pool.evaluate, validate=validators.violations)
    secrets = known_secrets(settings, given.read_secrets)
    load = partial(loaded, pool=pool, provisions=provisions)
    nodes = all_loaded(chosen, load)
    worker = NodeWorker(
        WorkerParts(
            app=app,
            topics=by_topic(nodes.values(), kafka.topic_prefix),
            execution=Execution(nodes, toolbox(settings, pool, outbox, secrets)),
            results=Results(outbox, addresses(kafka.topic_prefix), worker_id(), figures),
            metrics=metrics,
            answered=Answered(connection, COMMANDS.full_name(kafka.topic_prefix)),
        ),
        worker_options(settings),
    )
    worker.register()
    figures.watch(worker.crews)
    lag = lag_watch(app, connection, worker, figures)
    keep = partial(keep_evaluators, pool, validators)
    background: list[Background] = [*worker.background, lag.keep_looking, keep, *keeping(secrets)]
    if settings.nodes.nodes_dir is not None:
        makers = load, partial(prepared_topic, connection, kafka)
        background.append(reloading(worker, figures, (registry, types), makers).keep_looking)
    return Stage(name=STAGE, app=app, connection=connection, health=Health(metrics=metrics), background=background)


def outbox_to(connection: KafkaConnection, settings: KafkaSettings) -> Outbox:
    """Give what writes to the brokers."""
    options = ProducerOptions(
        compression=settings.compression, delivery_timeout_s=settings.delivery_timeout_s, client_id=STAGE
    )
    return Outbox(lambda: producer(connection, options))


def reloading(
    worker: NodeWorker, figures: Figures, wanted: tuple[Registry, Sequence[str]], makers: tuple[Load, Prepare]
) -> Reloading:
    """Give what keeps a worker's node types those of a folder."""
    registry, names = wanted
    load, prepare = makers
    known = {found.name: found for found in registry.chosen(names)}
    return Reloading(
        registry=registry, chosen=names, worker=worker, figures=figures, load=load, prepare=prepare, known=known
    )


async def keep_evaluators(pool: EvaluatorPool, validators: ValidatorPool) -> None:
    """Have the evaluator and validator processes while this runs."""
    async with pool, validators:
        await asyncio.Event().wait()


def keeping(secrets: Secrets) -> list[Background]:
    """Give what keeps the copy of the table of secrets fresh."""
    return [secrets.table.keep_fresh] if secrets.table is not None else []


def known_types(folder: Path | None) -> Registry:
    """Give the node types of this installation. Raises `InvalidSettings` when two have one name."""
    try:
        return load_registry(folder=folder)
    except DuplicateNodeType as error:
        raise InvalidSettings(str(error)) from None


def chosen_types(registry: Registry, names: Iterable[str]) -> list[NodeType]:
    """Give the node types called `names`, all when there are none. Raises `InvalidSettings` for an unknown one."""
    try:
        return registry.chosen(names)
    except UnknownNodeType as error:
        raise InvalidSettings(f"--types: {error}") from None


def ensure_topics(connection: KafkaConnection, settings: KafkaSettings, types: Iterable[NodeType]) -> None:
    """Create the topics of the tasks of `types`. Without Kafka they are left to whoever comes first."""
    try:
        create_topics(connection, [topic_spec(task_topic(found.name), settings) for found in types], deadline_s=5)
    except Unreachable as error:
        LOG.warning("topics of tasks not checked: %s", error)


def prepared_topic(connection: KafkaConnection, settings: KafkaSettings, found: NodeType) -> str:
    """Give the full name of the topic of a node type's tasks, which is there now. Raises `Unreachable`."""
    topic = task_topic(found.name)
    create_topics(connection, [topic_spec(topic, settings)], deadline_s=5)
    return topic.full_name(settings.topic_prefix)


def loaded(found: NodeType, pool: EvaluatorPool, provisions: Provisions) -> LoadedNode:
    """Give a node type with its instance."""
    is_expression = found.implementation is Expression
    instance: Any = (
        Expression(pool, provisions.validate) if is_expression else instance_of(found.implementation, provisions)
    )
    return LoadedNode(type=found, instance=instance)


def all_loaded(types: Iterable[NodeType], load: Load) -> dict[str, LoadedNode]:
    """Give the nodes that can be made, by name; the others are named in the log."""
    found: dict[str, LoadedNode] = {}
    for one in types:
        try:
            found[one.name] = load(one)
        except Exception as error:  # noqa: BLE001  # a boundary: the constructor of a plug-in may fail in any way
            LOG.error("Node type disabled: %s of %s can't be made: %s", one.name, one.origin, error)  # noqa: TRY400
    return found


def by_topic(nodes: Iterable[LoadedNode], prefix: str) -> Mapping[str, list[LoadedNode]]:
    """Give the nodes by the topic of their tasks. Two names may lead to one topic."""
    found: dict[str, list[LoadedNode]] = {}
    for node in nodes:
        found.setdefault(task_topic(node.type.name).full_name(prefix), []).append(node)
    return found


def toolbox(settings: Settings, pool: EvaluatorPool, outbox: Outbox, secrets: Secrets) -> Toolbox:
    """Give what nodes may use."""
    own = settings.nodes
    caps = Caps(body_bytes=own.http_body_bytes, timeout_s=own.http_timeout_s)
    policy = allowed_addresses(own.http_allow_private)
    progress = ProgressWriter(outbox, PROGRESS.full_name(settings.kafka.topic_prefix))
    evaluator = JqEvaluator(expression_limits(settings.runs))
    return Toolbox(
        http=HttpClient(HttpOptions(caps=caps, policy=policy)),
        secret_arguments=SecretArguments(secrets, evaluator, pool.evaluate),
        show=progress.show,
        payload_bytes_max=settings.server.payload_bytes,
    )


def known_secrets(settings: Settings, read_table: ReadTable | None) -> Secrets:
    """Give where secrets are, in the order that counts: the environment, the folder, the table."""
    sources: list[SecretSource] = [EnvironmentSecrets({**dotenv_values(".env"), **os.environ})]  # type: ignore[dict-item]
    if settings.nodes.secrets_dir is not None:
        sources.append(FolderSecrets(settings.nodes.secrets_dir))
    return Secrets(sources, TableSecrets(read_table) if read_table is not None else None)


def allowed_addresses(places: Iterable[str]) -> AddressPolicy:
    """Give what tasks may reach. Raises `InvalidSettings` for what is neither a network nor a host."""
    try:
        return address_policy(places)
    except InvalidAllowance as error:
        raise InvalidSettings(f"AGENTOS_HTTP_ALLOW_PRIVATE: {error}") from None


def expression_limits(settings: RunSettings) -> Limits:
    """Give the limits of evaluations outside."""
    return Limits(deadline_s=settings.expression_timeout_s, memory_bytes=settings.expression_memory_bytes)


def addresses(prefix: str) -> Addresses:
    """Give the topics a worker writes to."""
    return Addresses(commands=COMMANDS.full_name(prefix), dead_letters=DEAD_LETTERS.full_name(prefix))


def worker_options(settings: Settings) -> WorkerOptions:
    """Give how a worker shares its time."""
    workers = settings.workers
    return WorkerOptions(
        bounds=Bounds(running=workers.concurrency, waiting=workers.waiting),
        pace=Pace(heartbeat_s=workers.heartbeat_s, lease_s=workers.lease_s),
        grace_s=workers.grace_s,
    )


def worker_id() -> str:
    """Give a name for this process that operators can find."""
    return f"{socket.gethostname()}/{os.getpid()}"


def lag_watch(app: App, connection: KafkaConnection, worker: NodeWorker, figures: Figures) -> LagWatch:
    """Give what looks at how far the worker is behind."""
    return LagWatch(
        connection=connection,
        group=app.conf.id,
        topics=worker.crews,
        figures=figures,
        assigned=lambda topic: assigned_partitions(app, topic),
        is_busy=lambda topic: worker.crews[topic].is_full,
    )
