"""A stack for measuring: an embedded Kafka and Postgres in a temporary folder, and the roles a benchmark asks for."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentos.stores import prepare_stores
from bench.stores import Stores
from infra.embedded.kafka_broker import bootstrap_servers, kafka_process
from infra.embedded.ports import free_port
from infra.embedded.postgres_server import database_url, postgres_process
from infra.embedded.probes import http_probe
from infra.embedded.single import running
from infra.embedded.stack import Stack
from infra.kafka import KafkaConnection
from infra.postgres import create_database
from infra.settings import KafkaSettings, StackSettings
from nodes.registry import load_registry

ROOT = Path(__file__).parent.parent
TOKEN = "token-of-the-benchmarks"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Quiet:
    """A progress that says nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def advance(self, text: str, done_bytes: int, total_bytes: int) -> None:
        """Show nothing."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """A running Kafka and Postgres, and the processes of roles started on them."""

    kafka: KafkaConnection
    database_url: str
    prefix: str
    partitions: int
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What every role is told."""
        return {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "DATABASE_URL": self.database_url,
            "AGENTOS_TOPIC_PREFIX": self.prefix,
            "AGENTOS_PARTITIONS": str(self.partitions),
            "AGENTOS_DATA_DIR": str(self.folder),
            "AGENTOS_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
        }

    def start(self, role: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a process of `role` and wait until it is ready. `environment` overrides what it is told."""
        port = free_port()
        own = {"AGENTOS_PORT": str(port)} if role == "api" else {"AGENTOS_HEALTH_PORT": str(port)}
        command = ["api"] if role == "api" else ["worker", role]
        log = (self.folder / f"{role}.log").open("ab")
        self.processes[role] = subprocess.Popen(
            [sys.executable, "-P", "-m", "agentos", *command],
            env={**self.environment, **own, **(environment or {})},
            stdout=log,
            stderr=log,
            cwd=self.folder,
        )
        self.ports[role] = port
        self._wait_ready(role, port)

    def stop(self, role: str) -> None:
        """Stop the process of `role`."""
        process = self.processes.pop(role)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self) -> None:
        """Stop every role."""
        for role in list(self.processes):
            self.stop(role)

    def _wait_ready(self, role: str, port: int) -> None:
        probe = http_probe(f"http://127.0.0.1:{port}/health/ready")
        ends_at = time.monotonic() + 60
        while (problem := asyncio.run(probe())) is not None:
            if self.processes[role].poll() is not None or time.monotonic() > ends_at:
                words = "\n".join((self.folder / f"{role}.log").read_text(errors="replace").splitlines()[-15:])
                raise RuntimeError(f"{role} did not become ready: {problem}; its last words:\n{words}")
            time.sleep(0.05)


@contextmanager
def stores(folder: Path) -> Iterator[Stores]:
    """Run Kafka and Postgres in `folder` for as long as the `with` lasts."""
    settings = StackSettings(data_dir=folder)
    with ExitStack() as stack:
        broker = kafka_process(settings, Quiet())
        stack.enter_context(running(broker, folder / "kafka.log"))
        server = postgres_process(settings, Quiet())
        stack.enter_context(running(server, folder / "postgres.log"))
        kafka = KafkaConnection(bootstrap_servers=bootstrap_servers(broker))
        yield Stores(kafka=kafka, server_url=database_url(settings, server), folder=folder)


@contextmanager
def fresh(on: Stores, prefix: str, roles: Sequence[str]) -> Iterator[Bench]:
    """Give topics and a database of their own, and run `roles` on them."""
    settings = KafkaSettings(topic_prefix=prefix)
    url = create_database(on.server_url, re.sub(r"\W", "_", prefix))
    prepare_stores(Stack(kafka=on.kafka, database_url=url, parts=()), settings, sorted(load_registry().types))
    folder = on.folder / prefix
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(kafka=on.kafka, database_url=url, prefix=prefix, partitions=settings.partitions, folder=folder)
    try:
        for role in roles:
            bench.start(role)
        yield bench
    finally:
        bench.stop_all()


def cpu_seconds(root_pid: int) -> float:
    """Give the CPU time of a process and everything below it that lives, in seconds."""
    children: dict[int, list[int]] = {}
    times: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _stat(entry)) is not None:
            parent, used = stat
            children.setdefault(parent, []).append(int(entry.name))
            times[int(entry.name)] = used
    total, todo = 0.0, [root_pid]
    while todo:
        pid = todo.pop()
        total += times.get(pid, 0.0)
        todo += children.get(pid, [])
    return total


def _stat(entry: Path) -> tuple[int, float] | None:
    try:
        fields = (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident_mib(pid: int) -> float:
    """Give the resident memory of one process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
