"""The whole system under test: Kafka, Postgres and several processes of every role, each to be killed at will."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from agentos.stores import prepare_stores
from infra.embedded.kafka_broker import bootstrap_servers, kafka_process
from infra.embedded.ports import free_port
from infra.embedded.postgres_server import database_url as server_address
from infra.embedded.postgres_server import postgres_process
from infra.embedded.probes import http_probe
from infra.embedded.process import ProcessSpec
from infra.embedded.stack import Stack
from infra.kafka import KafkaConnection
from infra.postgres import create_database
from infra.settings import KafkaSettings, StackSettings
from nodes.registry import load_registry
from tests.chaos.documents import WORKLOADS
from tests.chaos.ledger_node import VARIABLE as LEDGER_VARIABLE
from tests.chaos.members import Member
from tests.conftest import Silent

ROOT = Path(__file__).parents[2]
TOKEN = "token-of-the-chaos-tests"
PREFIX = "chaos."
POLL_S = 0.1

#: How many processes of each role there are.
ROLES = {"orchestrator": 2, "nodes": 2, "snapshots": 2, "api": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the roles are told: short leases and small memories bring out more than the defaults would."""

    session_timeout_s: int = 10
    partitions: int = 4
    runs_in_memory: int = 200
    #: How many of the orchestrators have so small a memory; the others have what is usual.
    small_orchestrators: int = 1

    @property
    def environment(self) -> dict[str, str]:
        """The variables."""
        return {
            "AGENTOS_SESSION_TIMEOUT_S": str(self.session_timeout_s),
            "AGENTOS_PARTITIONS": str(self.partitions),
            "AGENTOS_TOPIC_PREFIX": PREFIX,
            "AGENTOS_SNAPSHOT_EVERY": "3",
            "AGENTOS_HEARTBEAT_S": "1",
            "AGENTOS_LEASE_S": "4",
            "AGENTOS_WORKER_CONCURRENCY": "64",
        }


@dataclass(slots=True, kw_only=True)
class Cluster:
    """The processes, and how to reach them."""

    folder: Path
    conditions: Conditions
    kafka: Member
    postgres: Member
    connection: KafkaConnection
    database_url: str
    roles: dict[str, list[Member]] = field(default_factory=dict)
    restarts: int = 0
    _clock: threading.Event = field(default_factory=threading.Event)

    @property
    def ledger(self) -> Path:
        """The side ledger."""
        return self.folder / "ledger.jsonl"

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.roles['api'][0].spec.ports['http']}"

    def members(self) -> Iterator[Member]:
        """Yield every process."""
        yield self.kafka
        yield self.postgres
        for members in self.roles.values():
            yield from members

    def client(self, timeout_s: float = 20) -> httpx.Client:
        """Give a client of the API."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.Client(base_url=f"{self.api_url}/api/v1", headers=headers, timeout=timeout_s)

    def tend(self) -> None:
        """Start what died by itself, as a supervisor would."""
        for member in self.members():
            self.restarts += member.tend()

    def pass_time(self, duration_s: float) -> None:
        """Let time pass while the processes are looked after."""
        self.until(lambda: False, duration_s)

    def until(self, condition: Callable[[], object], within_s: float) -> bool:
        """Look after the processes until a condition holds; tell whether it did in time."""
        ends_at = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > ends_at:
                return False
            self.tend()
            self._clock.wait(POLL_S)
        return True

    def close(self) -> None:
        """Stop everything, the stores last."""
        for members in self.roles.values():
            for member in members:
                member.close()
        self.postgres.close()
        self.kafka.close()


@contextmanager
def cluster(folder: Path, conditions: Conditions) -> Iterator[Cluster]:
    """Start everything, with the workflows published, and stop it at the end."""
    settings = StackSettings(data_dir=folder)
    kafka = Member(kafka_process(settings, Silent()), folder / "kafka.log")
    postgres = Member(postgres_process(settings, Silent()), folder / "postgres.log")
    made = Cluster(
        folder=folder,
        conditions=conditions,
        kafka=kafka,
        postgres=postgres,
        connection=KafkaConnection(bootstrap_servers=bootstrap_servers(kafka.spec)),
        database_url="",
    )
    try:
        for store in (kafka, postgres):
            store.start()
        for store in (kafka, postgres):
            store.wait_until_ready()
        made.database_url = create_database(server_address(settings, postgres.spec), "chaos")
        _prepare(made)
        _start_roles(made)
        publish(made)
        yield made
    finally:
        made.close()


def _prepare(made: Cluster) -> None:
    settings = KafkaSettings(topic_prefix=PREFIX, partitions=made.conditions.partitions)
    stack = Stack(kafka=made.connection, database_url=made.database_url, parts=())
    prepare_stores(stack, settings, [*load_registry().types, "ledger"])
    plugin = made.folder / "plugin" / "chaos_ledger-1.0.0.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: chaos-ledger\nVersion: 1.0.0\n")
    (plugin / "entry_points.txt").write_text("[agentos.nodes]\nledger = tests.chaos.ledger_node:Ledger\n")


def _start_roles(made: Cluster) -> None:
    made.roles = {role: [_role(made, role, number) for number in range(count)] for role, count in ROLES.items()}
    every = [member for members in made.roles.values() for member in members]
    for member in every:
        member.start()
    for member in every:
        member.wait_until_ready()


def _role(made: Cluster, role: str, number: int) -> Member:
    port = free_port()
    own = {"AGENTOS_PORT" if role == "api" else "AGENTOS_HEALTH_PORT": str(port)}
    if role == "orchestrator" and number < made.conditions.small_orchestrators:
        own["AGENTOS_MAX_RUNS_IN_MEMORY"] = str(made.conditions.runs_in_memory)
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": made.connection.bootstrap_servers,
        "DATABASE_URL": made.database_url,
        "AGENTOS_DATA_DIR": str(made.folder),
        "AGENTOS_TOKEN": TOKEN,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(made.folder / "plugin")]),
        "PYTHONUNBUFFERED": "1",
        LEDGER_VARIABLE: str(made.ledger),
        **made.conditions.environment,
        **own,
    }
    command = ("api",) if role == "api" else ("worker", role)
    name = f"{role}-{number}"
    spec = ProcessSpec(
        name=name,
        command=(sys.executable, "-P", "-m", "agentos", *command),
        environment=environment,
        probe=http_probe(f"http://127.0.0.1:{port}/health/ready"),
        ports={"http": port},
        start_timeout_s=60,
    )
    return Member(spec, made.folder / f"{name}.log")


def publish(made: Cluster) -> None:
    """Publish every workflow through the API."""
    with made.client() as client:
        for workload in WORKLOADS:
            answer = client.post("/definitions", json=workload.document)
            assert answer.status_code in (200, 201), answer.text
