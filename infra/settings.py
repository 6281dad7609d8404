"""Every setting of AgentOS in one typed place: `load_settings()` reads the environment and `.env`.

A setting is a field whose alias is the name of its environment variable. The environment wins over `.env`;
an empty value counts as unset. Code is given the group it needs, never the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError, model_validator

from infra.approval_settings import ApprovalSettings
from infra.errors import InvalidSettings
from infra.setting_group import Group, setting
from infra.worker_settings import ModelSettings, NodeSettings, ProcessSettings, WorkerSettings


class KafkaSettings(Group):
    """Where Kafka is, how to be let in, and what its topics are called."""

    bootstrap_servers: str | None = setting(
        "KAFKA_BOOTSTRAP_SERVERS", None, "Brokers as `host:port,host:port`. Unset: `agentos up` runs one itself."
    )
    topic_prefix: str = setting("AGENTOS_TOPIC_PREFIX", "agentos.", "What the name of every topic starts with.")
    partitions: int = setting(
        "AGENTOS_PARTITIONS", 2, "Partitions of commands, events and tasks. Fixed once topics exist.", ge=1, le=4096
    )
    replication: int = setting(
        "AGENTOS_REPLICATION", -1, "Replicas of each new topic; -1 takes the broker's default.", ge=-1, le=15
    )
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = setting(
        "AGENTOS_COMPRESSION", "none", "How producers compress batches. Anything but `none` and `gzip` needs `cramjam`."
    )
    session_timeout_s: float = setting(
        "AGENTOS_SESSION_TIMEOUT_S", 10, "How long a silent consumer keeps its partitions.", ge=6, le=300
    )
    delivery_timeout_s: float = setting(
        "AGENTOS_DELIVERY_TIMEOUT_S", 30, "How long a producer tries to deliver a record.", gt=0, le=600
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = setting(
        "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", "How to talk to the brokers."
    )
    sasl_mechanism: str | None = setting(
        "KAFKA_SASL_MECHANISM", None, "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`."
    )
    sasl_username: str | None = setting("KAFKA_SASL_USERNAME", None, "User name for SASL.")
    sasl_password: SecretStr | None = setting("KAFKA_SASL_PASSWORD", None, "Password for SASL.")
    ssl_ca_location: Path | None = setting("KAFKA_SSL_CA_LOCATION", None, "File of the brokers' CA certificate (PEM).")
    ssl_certificate_location: Path | None = setting(
        "KAFKA_SSL_CERTIFICATE_LOCATION", None, "File of the client's certificate (PEM)."
    )
    ssl_key_location: Path | None = setting("KAFKA_SSL_KEY_LOCATION", None, "File of the client's key (PEM).")
    ssl_key_password: SecretStr | None = setting("KAFKA_SSL_KEY_PASSWORD", None, "Password of the client's key.")
    schema_registry_url: str | None = setting(
        "SCHEMA_REGISTRY_URL", None, "A Confluent-compatible schema registry. Unset: AgentOS serves its own."
    )


class PostgresSettings(Group):
    """Where Postgres is and how many connections a process opens."""

    database_url: SecretStr | None = setting(
        "DATABASE_URL", None, "`postgresql://user:password@host:port/database`. Unset: `agentos up` runs one itself."
    )
    pool_size: int = setting("AGENTOS_DATABASE_POOL", 8, "Connections a process opens at most.", ge=1, le=1000)
    statement_timeout_s: float = setting(
        "AGENTOS_DATABASE_TIMEOUT_S", 30, "How long one statement may take.", gt=0, le=3600
    )


class ServerSettings(Group):
    """Where the API listens, whom it lets in, and how much it takes at once."""

    host: str = setting("AGENTOS_HOST", "127.0.0.1", "Address the API binds. Another than loopback needs a token.")
    port: int | None = setting(
        "AGENTOS_PORT",
        None,
        "Port of the API; 0 takes a free one. Unset: 8400, or a free one if it is taken.",
        ge=0,
        le=65535,
    )
    health_port: int | None = setting(
        "AGENTOS_HEALTH_PORT",
        None,
        "Port of a worker's `/health` and `/metrics`. `agentos up` gives each worker one.",
        ge=0,
        le=65535,
    )
    token: SecretStr | None = setting(
        "AGENTOS_TOKEN", None, "The administrator's token. Unset: generated into the data folder.", min_length=16
    )
    payload_bytes: int = setting(
        "AGENTOS_PAYLOAD_BYTES", 256 * 1024, "Largest input, output or answer of a run.", ge=1024, le=4 * 1024 * 1024
    )

    trusted_proxies: str | None = setting(
        "AGENTOS_TRUSTED_PROXIES",
        None,
        "Addresses of the reverse proxies in front of the API, with commas between them. Only they are believed when "
        "they say for whom, and over which scheme, they ask. Unset: nobody is.",
    )

    @model_validator(mode="after")
    def refuse_an_open_door(self) -> ServerSettings:
        """Refuse to listen beyond this machine without a token that somebody chose."""
        if self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"AGENTOS_HOST: expected a loopback address, because AGENTOS_TOKEN is not set, found {self.host!r};"
                " set AGENTOS_TOKEN to a secret of at least 16 characters, or bind 127.0.0.1"
            )
        return self


class StackSettings(Group):
    """Where the embedded stack keeps its files, and its ports."""

    data_dir: Path = setting("AGENTOS_DATA_DIR", Path(".agentos"), "Folder of all data of the embedded stack.")
    cache_dir: Path = setting(
        "AGENTOS_CACHE_DIR",
        platformdirs.user_cache_path("agentos"),
        "Folder of downloads, shared by all data folders. Unset: `agentos` in the user's cache folder.",
    )
    kafka_port: int | None = setting(
        "AGENTOS_KAFKA_PORT",
        None,
        "Port of the embedded Kafka. Unset: a free one, then always the same.",
        ge=1,
        le=65535,
    )
    postgres_port: int | None = setting(
        "AGENTOS_POSTGRES_PORT",
        None,
        "Port of the embedded Postgres. Unset: a free one, then always the same.",
        ge=1,
        le=65535,
    )
    kafka_heap_mib: int = setting("AGENTOS_KAFKA_HEAP_MIB", 512, "Heap of the embedded Kafka.", ge=192, le=65536)


class RunSettings(Group):
    """How much one run, one transition and one expression may take."""

    max_steps: int = setting("AGENTOS_MAX_STEPS", 300, "Steps of one transition, before others get their turn.", ge=1)
    max_commit_bytes: int = setting(
        "AGENTOS_MAX_COMMIT_BYTES",
        512 * 1024,
        "Size of one commit, before a transition is split.",
        ge=16 * 1024,
        le=4 * 1024 * 1024,
    )
    max_runs_in_memory: int = setting(
        "AGENTOS_MAX_RUNS_IN_MEMORY", 50_000, "Runs of one partition held in memory; the others wait in Postgres.", ge=1
    )
    lifecycle_events: Literal["off", "required", "all"] = setting(
        "AGENTOS_LIFECYCLE_EVENTS",
        "off",
        "Which lifecycle CloudEvents are published: none, those the standard asks for, or also each change of status.",
    )
    expression_timeout_s: float = setting(
        "AGENTOS_EXPRESSION_TIMEOUT_S", 2, "How long one expression may be evaluated outside.", gt=0, le=60
    )
    expression_memory_bytes: int = setting(
        "AGENTOS_EXPRESSION_MEMORY_BYTES", 256 * 1024 * 1024, "Memory of one expression evaluator.", ge=32 * 1024 * 1024
    )
    expression_source_bytes: int = setting(
        "AGENTOS_EXPRESSION_SOURCE_BYTES", 16 * 1024, "Length of one expression.", ge=64
    )
    expression_evaluators: int = setting(
        "AGENTOS_EXPRESSION_EVALUATORS", 2, "Evaluator processes of one orchestrator.", ge=1, le=256
    )


class SnapshotSettings(Group):
    """How the snapshots stage writes to Postgres."""

    batch_rows: int = setting("AGENTOS_SNAPSHOT_BATCH", 5000, "Runs written in one transaction.", ge=1, le=100_000)
    every_commits: int = setting(
        "AGENTOS_SNAPSHOT_EVERY", 100, "Commits of a run between two kept snapshots.", ge=1, le=1_000_000
    )


class Settings(Group):
    """All settings."""

    kafka: KafkaSettings
    postgres: PostgresSettings
    server: ServerSettings
    stack: StackSettings
    runs: RunSettings
    workers: WorkerSettings
    nodes: NodeSettings
    processes: ProcessSettings
    models: ModelSettings
    snapshots: SnapshotSettings
    approvals: ApprovalSettings


#: The groups by their names in `Settings`.
GROUPS: dict[str, type[Group]] = {
    "kafka": KafkaSettings,
    "postgres": PostgresSettings,
    "server": ServerSettings,
    "stack": StackSettings,
    "runs": RunSettings,
    "workers": WorkerSettings,
    "nodes": NodeSettings,
    "processes": ProcessSettings,
    "models": ModelSettings,
    "snapshots": SnapshotSettings,
    "approvals": ApprovalSettings,
}


def load_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read the settings from `environment` (the process's own if None), and what it lacks from `env_file`."""
    found = {**dotenv_values(env_file), **(os.environ if environment is None else environment)}
    values = {name: value for name, value in found.items() if value}
    groups: dict[str, Group] = {}
    problems: list[str] = []
    for name, group in GROUPS.items():
        try:
            groups[name] = group.model_validate(values)
        except ValidationError as error:
            problems += [_problem(detail, group) for detail in error.errors()]
    if problems:
        raise InvalidSettings("\n".join(problems))
    return Settings.model_validate(groups)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _problem(detail: Any, group: type[Group]) -> str:
    if not detail["loc"]:
        return str(detail["ctx"]["error"])
    name = str(detail["loc"][0])
    found = f"a secret of {len(detail['input'])} characters" if is_secret(name, group) else repr(detail["input"])
    expected = re.sub(r"^(Input|Value) should( be)?|, unable.*| after validation.*", "", detail["msg"]).strip()
    expected = expected.replace("have at least", "at least").replace(" items", " characters")
    return f"{name}: expected {expected}, found {found}"


def is_secret(name: str, group: type[Group]) -> bool:
    """Tell whether the setting `name` must never be shown."""
    return any(
        field.validation_alias == name and "SecretStr" in str(field.annotation) for field in group.model_fields.values()
    )
