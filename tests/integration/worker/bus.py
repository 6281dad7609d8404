"""The topics around a worker: sends it tasks, reads what it writes, starts and kills its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.commands import Command, CompleteTask
from engine.messages import CancelTask, DispatchTask
from infra.kafka import KafkaConnection, committed_offsets, create_topics, producer, read_range, watermarks
from infra.settings import KafkaSettings
from schemas.codec import decode, encode
from schemas.topics import COMMANDS, DEAD_LETTERS, PROGRESS, task_topic
from streams.app import consumer_group
from streams.topics import topic_specs
from tests.eventually import eventually

ROOT = Path(__file__).parents[3]
PATH = "/do/0/step"


@dataclass
class Bus:
    kafka: KafkaConnection
    prefix: str
    folder: Path
    partitions: int = 2
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = KafkaSettings(topic_prefix=self.prefix, partitions=self.partitions)
        create_topics(self.kafka, topic_specs(self.settings, ["echo", "probe", "expression"]))
        self.ledger = self.folder / "ledger"
        self.ledger.touch()
        self._producer = producer(self.kafka)
        self._install_probe()

    def _install_probe(self) -> None:
        info = self.folder / "packages" / "probe-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[agentos.nodes]\nprobe = tests.integration.worker.probe:Probe\n")

    def start(self, types: str = "echo,expression,probe", **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it has joined its group."""
        log = (self.folder / f"worker-{len(self.workers)}.log").open("wb")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{self.folder / 'packages'}",
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "AGENTOS_TOPIC_PREFIX": self.prefix,
            "AGENTOS_PARTITIONS": str(self.partitions),
            "AGENTOS_SESSION_TIMEOUT_S": "6",
            "AGENTOS_EXPRESSION_EVALUATORS": "1",
            **settings,
        }
        command = [sys.executable, "-m", "tests.integration.worker.process", types]
        worker = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait(10)

    def send(self, node_type: str, run_ids: Iterable[str], arguments: Any, **more: Any) -> None:
        """Send one task to each of some runs."""
        for run_id in run_ids:
            self.put(node_type, run_id, encode(task(node_type, run_id, arguments, **more)))

    def cancel(self, node_type: str, run_id: str) -> None:
        record = CancelTask(run_id=run_id, path=PATH, attempt=1, node_type=node_type)
        self.put(node_type, run_id, encode(record))

    def put(self, node_type: str, key: str, value: bytes | None, partition: int = -1) -> None:
        """Put any record on the topic of a node type."""
        options: dict[str, Any] = {"partition": partition} if partition >= 0 else {}
        self._producer.produce(self.topic(node_type), value, key.encode(), **options)
        self._producer.flush(10)

    def topic(self, node_type: str) -> str:
        return task_topic(node_type).full_name(self.prefix)

    def commands(self) -> list[Command]:
        return [record for record in self._records(COMMANDS.full_name(self.prefix)) if isinstance(record, Command)]

    def dead_letters(self) -> list[Any]:
        return self._records(DEAD_LETTERS.full_name(self.prefix))

    def progress(self) -> list[Any]:
        return self._records(PROGRESS.full_name(self.prefix))

    def _records(self, topic: str) -> list[Any]:
        return [decode(message.value()) for message in self.raw(topic)]

    def raw(self, topic: str) -> list[Any]:
        return [
            message
            for number, marks in watermarks(self.kafka, topic).items()
            for batch in read_range(self.kafka, (topic, number), marks.low, marks.high)
            for message in batch
        ]

    def results(self, *run_ids: str) -> dict[str, Any]:
        """Wait until each run has a result, and give the first of each."""

        def found() -> dict[str, Any] | None:
            bodies = {c.run_id: c.body for c in reversed(self.commands()) if c.command_id.endswith("/result")}
            return bodies if bodies.keys() >= set(run_ids) else None

        bodies = eventually(found, within_s=30)
        assert bodies is not None
        return {run_id: bodies[run_id] for run_id in run_ids}

    def outputs(self, *run_ids: str) -> list[Any]:
        bodies = self.results(*run_ids)
        return [json.loads(body.output) if isinstance(body, CompleteTask) else body for body in bodies.values()]

    def noted(self, what: str, run_id: str = "") -> int:
        """Count the ledger's lines of one kind."""
        return sum(line.startswith(f"{what} {run_id}") for line in self.ledger.read_text().splitlines())

    def acknowledged(self, node_type: str) -> int:
        """Count the records of a node type's topic before the committed offsets."""
        group = consumer_group("nodes", self.settings)
        return sum(committed_offsets(self.kafka, group, self.topic(node_type)).values())


def task(node_type: str, run_id: str, arguments: Any, **more: Any) -> DispatchTask:
    given: Mapping[str, Any] = {"secret_expressions": None, "deadline_ms": 0, "attempt": 1} | more
    return DispatchTask(
        run_id=run_id,
        path=PATH,
        node_type=node_type,
        arguments=json.dumps(arguments),
        namespace="tests",
        name="worker",
        version="1.0.0",
        **given,
    )
