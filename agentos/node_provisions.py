"""What node types get from this installation beside HTTP: Kafka, Postgres, YAML, and the right to start processes."""

from __future__ import annotations

from typing import Any

from agentos.approval_desk import approval_desk
from agentos.model_rules import model_rules
from infra.errors import Unreachable
from infra.kafka import KafkaConnection, kafka_connection
from infra.kafka.task_records import RecordRefused, TaskRecords
from infra.settings import Settings
from infra.task_queries import TOO_SLOW, Query, StatementFailed, TaskQueries
from infra.worker_settings import ProcessSettings
from language.places import Limits
from language.reading import Unreadable
from language.yaml_text import read_yaml
from nodes.errors import fault, passing_fault
from nodes.provisions import OutgoingRecord, ProcessRules, Produce, Provisions, Statement
from schemas.topics import TOPICS

PERMISSIONS = ("28", "42501", "25006")


def process_rules(settings: ProcessSettings) -> ProcessRules:
    """Give what tasks may start."""
    return ProcessRules(**settings.model_dump())


def provisions(settings: Settings, rules: ProcessRules | None = None) -> Provisions:
    """Give what this installation's settings allow. The evaluator processes are the worker's own."""
    produce = None
    if settings.kafka.bootstrap_servers is not None:
        produce = producing(kafka_connection(settings.kafka), settings.kafka.topic_prefix)
    queries = TaskQueries()

    async def query(url: str, statement: Statement) -> tuple[list[dict[str, Any]], int]:
        return await _queried(queries, url, statement)

    return Provisions(
        produce=produce,
        query=query,
        read_yaml=plain_yaml,
        processes=process_rules(settings.processes) if rules is None else rules,
        models=model_rules(settings.models),
        desk=approval_desk(settings),
    )


def producing(connection: KafkaConnection, prefix: str) -> Produce:
    """Give what writes records of tasks: to any topic but those of AgentOS and of Kafka itself."""
    records = TaskRecords(connection)

    async def produce(record: OutgoingRecord) -> tuple[int, int]:
        if is_ours(record.topic, prefix):
            raise fault(
                "authorization",
                f"expected a topic that is not one of AgentOS or Kafka, found {record.topic}; `emit` sends CloudEvents",
            )
        try:
            return await records.write(record.topic, record.key, record.value, record.headers)
        except RecordRefused as error:
            raise fault("communication", f"topic {record.topic}: {error}") from None
        except Unreachable as error:
            raise passing_fault("communication", f"topic {record.topic}: {error}") from None

    return produce


def is_ours(topic: str, prefix: str) -> bool:
    """Tell whether a topic is one of AgentOS or of Kafka itself, so that no task may write to it."""
    if prefix:
        return topic.startswith(("__", prefix))
    return topic.startswith(("__", "tasks.")) or topic in {known.name for known in TOPICS}


async def _queried(queries: TaskQueries, url: str, statement: Statement) -> tuple[list[dict[str, Any]], int]:
    given = Query(
        text=statement.text,
        parameters=statement.parameters,
        is_read_only=statement.is_read_only,
        rows_max=statement.rows_max,
        timeout_s=statement.timeout_s,
    )
    try:
        return await queries.execute(url, given)
    except StatementFailed as error:
        kind = "timeout" if error.sqlstate == TOO_SLOW else "communication"
        kind = "authorization" if error.sqlstate.startswith(PERMISSIONS) else kind
        make = passing_fault if error.is_passing else fault
        raise make(kind, f"Postgres: {error}", sqlstate=error.sqlstate or None) from None


def plain_yaml(text: str) -> Any:
    """Give the values of a YAML text. Raises `ValueError`."""
    try:
        return read_yaml(text, Limits()).value
    except Unreadable as error:
        raise ValueError(str(error)) from None
