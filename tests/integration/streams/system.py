"""A system under test: topics of its own on a real Kafka, orchestrator processes, and what a client sees of them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import commands as c
from engine.chain import Chain
from engine.events import Commit
from engine.messages import CancelTask, DispatchTask
from engine.replay import apply, new_state
from engine.snapshot import State
from infra.kafka import (
    KafkaConnection,
    RawMessage,
    committed_offsets,
    create_topics,
    producer,
    read_range,
    watermarks,
)
from infra.settings import KafkaSettings
from schemas import codec, records
from streams.topics import topic_specs
from tests.eventually import eventually

ROOT = Path(__file__).parents[3]

INLINE: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "test", "name": "inline", "version": "1.0.0"},
    "do": [{"a": {"set": {"v": "${ .v + 1 }"}}}, {"b": {"set": {"v": "${ .v + 1 }"}}}],
}
WORKER: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "test", "name": "worker", "version": "1.0.0"},
    "do": [{"a": {"call": "echo", "with": {"v": "${ .v }"}}}, {"b": {"call": "echo", "with": {"v": "${ .v }"}}}],
}
WAIT: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "test", "name": "wait", "version": "1.0.0"},
    "do": [{"pause": {"wait": {"milliseconds": 400}}}],
}


@dataclass(slots=True)
class Process:
    """An orchestrator in a process of its own."""

    popen: subprocess.Popen[bytes]
    port: int
    log: Path

    def ready(self) -> bool:
        """Tell whether it is ready to work."""
        return self.get("/health/ready")[0] == 200

    def get(self, path: str) -> tuple[int, str]:
        """Give status and body of a path; (0, why) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, name: str) -> float:
        """Give the value of a metric without labels."""
        lines = self.get("/metrics")[1].splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def wait_until_dead(self, within_s: float = 20) -> int:
        """Wait for its end; give its exit code."""
        return self.popen.wait(timeout=within_s)

    def kill(self) -> None:
        """End it without any warning."""
        self.popen.kill()
        self.popen.wait()


@dataclass(slots=True)
class Log:
    """What the whole events topic says."""

    states: dict[str, State] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    skipped: int = 0

    def statuses(self) -> Counter[str]:
        """Give how many runs are in each status."""
        return Counter(state.status for state in self.states.values())

    def repeated_commands(self, partitions: dict[str, int]) -> list[tuple[int, int]]:
        """Give the commands that led to more than one accepted commit."""
        counts = Counter((partitions[commit.run_id], commit.command_offset) for commit in self.commits)
        return [key for key, count in counts.items() if count > 1]


@dataclass(slots=True)
class System:
    """Topics, processes and a client."""

    kafka: KafkaConnection
    prefix: str
    folder: Path
    database_url: str = ""
    partitions: int = 2
    processes: list[Process] = field(default_factory=list)

    def create(self, *documents: dict[str, Any]) -> None:
        """Create the topics and publish definitions."""
        settings = KafkaSettings(topic_prefix=self.prefix, partitions=self.partitions)
        create_topics(self.kafka, topic_specs(settings, ["echo"]))
        for document in documents:
            self.publish(document)

    def publish(self, document: dict[str, Any]) -> None:
        """Publish a definition."""
        head, text = document["document"], json.dumps(document)
        record = records.Definition(
            namespace=head["namespace"],
            name=head["name"],
            version=head["version"],
            text=text,
            document=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            published_at_ms=0,
            actor="user:test",
        )
        self.produce("definitions", record.key, codec.encode(record))

    def produce(self, topic: str, key: bytes, value: bytes, **options: Any) -> None:
        """Write one record."""
        client = producer(self.kafka)
        client.produce(f"{self.prefix}{topic}", value, key, **options)
        assert client.flush(20) == 0

    def start_process(self, **environment: str) -> Process:
        """Start an orchestrator."""
        port = free_port()
        log = self.folder / f"orchestrator-{len(self.processes)}.log"
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AGENTOS_", "KAFKA_"))},
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "AGENTOS_TOPIC_PREFIX": self.prefix,
            "AGENTOS_PARTITIONS": str(self.partitions),
            "AGENTOS_HEALTH_PORT": str(port),
            "AGENTOS_SESSION_TIMEOUT_S": "6",
            "DATABASE_URL": self.database_url,
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-m", "agentos", "worker", "orchestrator"],
                env=variables,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )
        process = Process(popen, port, log)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """Kill every process that lives."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.kill()

    def send(self, run_id: str, body: c.Order, **options: Any) -> None:
        """Send an order to a run."""
        command = c.Command(run_id=run_id, command_id=uuid.uuid4().hex, actor="user:test", body=body)
        self.produce("commands", run_id.encode(), codec.encode(command), **options)

    def start_runs(self, name: str, count: int, prefix: str = "") -> list[str]:
        """Start runs of a definition; give their ids."""
        client = producer(self.kafka)
        run_ids = [f"{prefix}{uuid.uuid4()}" for _ in range(count)]
        for number, run_id in enumerate(run_ids):
            start = c.StartRun(namespace="test", name=name, version="1.0.0", input=json.dumps({"v": number}))
            command = c.Command(run_id=run_id, command_id=f"{run_id}/start", actor="user:test", body=start)
            client.produce(f"{self.prefix}commands", codec.encode(command), run_id.encode())
        assert client.flush(20) == 0
        return run_ids

    def all_records(self, topic: str) -> list[RawMessage]:
        """Give every record of a topic."""
        name = f"{self.prefix}{topic}"
        return [
            message
            for number, ends in watermarks(self.kafka, name).items()
            for batch in read_range(self.kafka, (name, number), ends.low, ends.high)
            for message in batch
        ]

    def log(self) -> Log:
        """Give what the whole events topic says, read by the rule of the chain."""
        found = Log()
        chains: dict[int, Chain] = {}
        for message in self.all_records("events"):
            value = message.value() or b""
            try:
                commit = codec.decode_as(Commit, value)
            except codec.MalformedRecord:
                found.skipped += 1
                continue
            if not chains.setdefault(message.partition(), Chain()).accept(commit.parent, value):
                found.skipped += 1
                continue
            found.commits.append(commit)
            apply(found.states.setdefault(commit.run_id, new_state(commit.run_id)), commit)
        return found

    def wait_for(self, status: str, count: int, within_s: float = 30) -> Log:
        """Wait until that many runs have a status; give the log."""

        def look() -> Log | None:
            log = self.log()
            return log if log.statuses()[status] >= count else None

        try:
            found = eventually(look, within_s=within_s)
            assert found is not None
            return found
        except AssertionError:
            raise AssertionError(f"expected {count} {status}, found {self.log().statuses()}; {self.logs()}") from None

    def logs(self) -> str:
        """Give the ends of the processes' logs."""
        return "\n".join(process.log.read_text(errors="replace")[-2000:] for process in self.processes)

    def tasks(self) -> list[DispatchTask | CancelTask]:
        """Give everything on the topic of echo's tasks."""
        return [codec.decode(message.value()) for message in self.all_records("tasks.echo")]  # type: ignore[misc]

    def answer_tasks(self, answered: set[str]) -> None:
        """Do what a worker of echo does, once for each task that is not yet in `answered`."""
        for task in self.tasks():
            if isinstance(task, DispatchTask) and task.idempotency_key not in answered:
                answered.add(task.idempotency_key)
                self.send(task.run_id, c.CompleteTask(path=task.path, attempt=task.attempt, output=task.arguments))

    def acknowledged(self) -> dict[int, int]:
        """Give the group's committed offsets."""
        return committed_offsets(self.kafka, f"{self.prefix}orchestrator", f"{self.prefix}commands")

    def is_done(self) -> bool:
        """Tell whether every command is acknowledged."""
        done = self.acknowledged()
        ends = watermarks(self.kafka, f"{self.prefix}commands")
        return all(done.get(number, 0) == end.high for number, end in ends.items())


def stale_commit(commit: Commit, run_id: str) -> bytes:
    """Give a commit as a zombie would write it: decided on a head that is no longer the head."""
    return codec.encode(dataclasses.replace(commit, run_id=run_id, parent=b"z" * 16, seq=1))


def free_port() -> int:
    """Give a port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
