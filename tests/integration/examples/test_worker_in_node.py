"""The example of a worker in another language, against a real Kafka: tasks in, commands out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.commands import Command, CompleteTask, FailTask
from engine.messages import CancelTask, DispatchTask
from infra.kafka import KafkaConnection, committed_offsets, create_topics, producer, read_range, watermarks
from infra.settings import KafkaSettings
from schemas.codec import decode, encode
from schemas.partitioning import partition_of
from schemas.topics import COMMANDS, task_topic
from streams.topics import topic_specs
from tests.eventually import eventually

EXAMPLE = Path(__file__).parents[3] / "examples/worker-in-node"
PARTITIONS = 3


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the example with its packages."""
    npm = shutil.which("npm")
    if npm is None:
        assert not os.environ.get("CI"), "CI needs Node.js with npm"
        pytest.skip("needs Node.js with npm")
    folder = tmp_path_factory.mktemp("node") / "worker"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    return folder


@dataclass
class Workers:
    kafka: KafkaConnection
    prefix: str
    folder: Path
    log: Path

    def __post_init__(self) -> None:
        settings = KafkaSettings(topic_prefix=self.prefix, partitions=PARTITIONS)
        create_topics(self.kafka, topic_specs(settings, []))
        self.producer = producer(self.kafka)

    def start(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "AGENTOS_TOPIC_PREFIX": self.prefix,
            "AGENTOS_SCHEMAS": str(EXAMPLE.parents[1] / "schemas/released"),
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(["node", "worker.js"], cwd=self.folder, env=environment, stdout=log, stderr=log)
        eventually(lambda: process.poll() is not None or b"serving shout" in self.log.read_bytes(), within_s=60)
        return process

    def send(self, record: DispatchTask | CancelTask) -> None:
        topic = task_topic("shout").full_name(self.prefix)
        self.producer.produce(topic, encode(record), record.run_id.encode())
        self.producer.flush(10)

    def commands(self) -> dict[str, tuple[int, Command]]:
        """Give the partition and command of each run."""
        found = {}
        topic = COMMANDS.full_name(self.prefix)
        for partition, marks in watermarks(self.kafka, topic).items():
            for batch in read_range(self.kafka, (topic, partition), marks.low, marks.high):
                for message in batch:
                    command = decode(message.value())
                    assert isinstance(command, Command)
                    found[command.run_id] = (partition, command)
        return found

    def answers(self, *run_ids: str) -> dict[str, tuple[int, Command]]:
        return eventually(lambda: found if (found := self.commands()).keys() >= set(run_ids) else {}, within_s=60)


def task(run_id: str, arguments: Any, **more: Any) -> DispatchTask:
    given: dict[str, Any] = {"secret_expressions": None, "deadline_ms": 0, "attempt": 1} | more
    return DispatchTask(
        run_id=run_id,
        path="/do/0/step",
        node_type="shout",
        arguments=json.dumps(arguments),
        namespace="tests",
        name="node",
        version="1.0.0",
        **given,
    )


@pytest.fixture
def workers(kafka: KafkaConnection, topic_prefix: str, installed: Path, tmp_path: Path) -> Iterator[Workers]:
    found = Workers(kafka, topic_prefix, installed, tmp_path / "worker.log")
    process = found.start()
    assert process.poll() is None, found.log.read_text()
    yield found
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    finally:
        process.kill()
        process.wait()


def test_it_answers_tasks_in_the_partition_of_their_run(workers: Workers) -> None:
    run_ids = [f"run-{number}" for number in range(20)]
    for run_id in run_ids:
        workers.send(task(run_id, {"text": "grüezi"}))
    answers = workers.answers(*run_ids)

    for run_id in run_ids:
        partition, command = answers[run_id]
        assert partition == partition_of(run_id.encode(), PARTITIONS)
        assert command.command_id == f"{run_id}/do/0/step/1/result"
        assert command.actor.startswith("worker:")
        assert isinstance(command.body, CompleteTask)
        assert json.loads(command.body.output) == {"text": "GRÜEZI", "key": f"{run_id}/do/0/step/1"}
    group = f"{workers.prefix}nodes.shout"
    topic = task_topic("shout").full_name(workers.prefix)
    eventually(lambda: sum(committed_offsets(workers.kafka, group, topic).values()) == len(run_ids), within_s=30)


def test_it_fails_what_it_can_not_do_and_passes_over_what_it_can_not_read(workers: Workers) -> None:
    workers.producer.produce(task_topic("shout").full_name(workers.prefix), b"no record", b"run-1")
    workers.send(task("run-1", {"txt": "misspelt"}))
    workers.send(task("run-2", {"text": "late"}, deadline_ms=1))
    workers.send(task("run-3", {"text": ""}, secret_expressions="[]"))
    answers = workers.answers("run-1", "run-2", "run-3")

    errors = {}
    for run_id, (_, command) in answers.items():
        assert isinstance(command.body, FailTask)
        errors[run_id] = json.loads(command.body.error)["type"].rsplit("/", 1)[1]
    assert errors == {"run-1": "validation", "run-2": "timeout", "run-3": "configuration"}
