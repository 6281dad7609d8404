"""A whole AgentOS on a real Kafka and Postgres: the orchestrator, the snapshots stage and the API as processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from infra.kafka import KafkaConnection, create_topics
from infra.postgres import migrate
from infra.settings import KafkaSettings
from nodes.registry import load_registry
from schemas.topics import TOPICS, task_topic
from streams.topics import topic_spec
from tests.eventually import eventually

ROOT = Path(__file__).parents[3]
TOKEN = "a-token-for-the-integration-tests"
START_S = 90.0


def free_port() -> int:
    """Give a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Process:
    """A role as a process that can be killed and started again on the same port."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-P", "-m", "agentos", *self.arguments],
                env=dict(self.environment),
                cwd=self.log.parent,
                stdout=output,
                stderr=output,
            )

    def is_ready(self) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, f"{self.arguments} ended: {self.log.read_text()[-3000:]}"
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_until_ready(self) -> None:
        eventually(self.is_ready, within_s=START_S)

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(how)
            self.child.wait(15)


@dataclass(slots=True, kw_only=True)
class System:
    """The processes, and a way to talk to them."""

    folder: Path
    environment: Mapping[str, str]
    orchestrator: Process
    snapshots: Process
    api: Process
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api.port}"

    def client(self) -> httpx.Client:
        made = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        self.clients.append(made)
        return made

    def command(self, *arguments: str, without: str = "") -> subprocess.Popen[str]:
        """Start a command of the command line, `without` one variable of its environment."""
        environment = {**self.environment, "AGENTOS_URL": self.url, "COLUMNS": "200"}
        environment.pop(without, None)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "agentos", *arguments],
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def agentos(self, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        child = self.command(*arguments, without=without)
        out, err = child.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, child.returncode, out, err)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        for process in (self.api, self.snapshots, self.orchestrator):
            process.end(signal.SIGTERM)


def start_system(folder: Path, kafka: KafkaConnection, database_url: str) -> System:
    """Make topics and tables, start the roles, and give them when they are ready."""
    settings = KafkaSettings(topic_prefix="api-tests.")
    create_topics(kafka, [topic_spec(topic, settings) for topic in (*TOPICS, *map(task_topic, load_registry().types))])
    migrate(database_url)
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "XDG_CACHE_HOME")},
        "PYTHONPATH": str(ROOT),
        "AGENTOS_DATA_DIR": str(folder),
        "AGENTOS_TOPIC_PREFIX": settings.topic_prefix,
        "AGENTOS_TOKEN": TOKEN,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "DATABASE_URL": database_url,
    }

    def process(name: str, variable: str, *arguments: str) -> Process:
        port = free_port()
        return Process(arguments, {**environment, variable: str(port)}, port, folder / f"{name}.log")

    system = System(
        folder=folder,
        environment=environment,
        orchestrator=process("orchestrator", "AGENTOS_HEALTH_PORT", "worker", "orchestrator"),
        snapshots=process("snapshots", "AGENTOS_HEALTH_PORT", "worker", "snapshots"),
        api=process("api", "AGENTOS_PORT", "api"),
    )
    started = (system.orchestrator, system.snapshots, system.api)
    for one in started:
        one.start()
    for one in started:
        one.wait_until_ready()
    return system
