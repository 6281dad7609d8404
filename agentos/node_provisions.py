"""What node types get from this installation beside HTTP: Kafka, Postgres, YAML, and the right to start processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError, field_validator

from infra.errors import InvalidSettings, Unreachable
from infra.kafka import KafkaConnection, kafka_connection
from infra.kafka.task_records import RecordRefused, TaskRecords
from infra.settings import Group, Settings, setting
from infra.task_queries import TOO_SLOW, Query, StatementFailed, TaskQueries
from language.places import Limits
from language.reading import Unreadable
from language.yaml_text import read_yaml
from nodes.errors import fault, passing_fault
from nodes.provisions import KINDS, OutgoingRecord, ProcessRules, Produce, Provisions, Statement
from schemas.topics import TOPICS

PERMISSIONS = ("28", "42501", "25006")


class ProcessSettings(Group):
    """Which processes tasks may start, and what one of them may take."""

    allowed: frozenset[str] = setting(
        "AGENTOS_ALLOW_PROCESSES",
        frozenset(),
        "Processes that workflows may start, by comma: `python`, `js`, `shell`, `mcp`. Who may publish a workflow may"
        " then run any program as the worker's user.",
    )
    timeout_s: float = setting("AGENTOS_PROCESS_TIMEOUT_S", 60, "How long one process may take.", gt=0, le=3600)
    memory_bytes: int = setting(
        "AGENTOS_PROCESS_MEMORY_BYTES", 512 * 1024 * 1024, "Memory of one process.", ge=16 * 1024 * 1024
    )
    output_bytes: int = setting(
        "AGENTOS_PROCESS_OUTPUT_BYTES", 256 * 1024, "Largest output of one process.", ge=1024, le=16 * 1024 * 1024
    )
    file_bytes: int = setting(
        "AGENTOS_PROCESS_FILE_BYTES", 64 * 1024 * 1024, "Largest file one process may write.", ge=0
    )

    @field_validator("allowed", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """Take a text apart at its commas, and refuse what is no kind of process."""
        found = value.replace(",", " ").split() if isinstance(value, str) else value
        unknown = [name for name in found if name not in KINDS]
        if unknown:
            raise ValueError(f"expected some of {', '.join(KINDS)}, found {', '.join(unknown)}")
        return found


def process_rules(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> ProcessRules:
    """Read the rules from `environment` (the process's own if None), and what it lacks from `env_file`."""
    found = {**dotenv_values(env_file), **(os.environ if environment is None else environment)}
    try:
        settings = ProcessSettings.model_validate({name: value for name, value in found.items() if value})
    except ValidationError as error:
        raise InvalidSettings("\n".join(f"{part['loc'][0]}: {part['msg']}" for part in error.errors())) from None
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
        processes=process_rules() if rules is None else rules,
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
