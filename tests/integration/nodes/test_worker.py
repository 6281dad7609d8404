"""The worker as it is started by the command line gives node types what this installation has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka import KafkaConnection, create_topics
from streams.topics import topic_specs
from tests.integration.worker.bus import ROOT, Bus

TYPES = ["kafka", "openapi", "postgres", "script", "shell", "transform"]


@pytest.fixture
def bus(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path, fresh_database: str) -> Iterator[Bus]:
    """Give topics with a worker that may start shell commands."""
    found = Bus(kafka, topic_prefix, tmp_path)
    create_topics(kafka, topic_specs(found.settings, TYPES))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "AGENTOS_TOPIC_PREFIX": topic_prefix,
        "AGENTOS_PARTITIONS": "2",
        "AGENTOS_EXPRESSION_EVALUATORS": "1",
        "AGENTOS_ALLOW_PROCESSES": "shell",
        "AGENTOS_SECRET_SHOP": fresh_database,
    }
    with (tmp_path / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "agentos", "worker", "nodes"]
        found.workers.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log))
    yield found
    found.stop()


def test_node_types_are_given_processes_evaluators_and_connections(bus: Bus) -> None:
    bus.send("shell", ["shell-1"], {"command": "echo hello", "return": "stdout"})
    bus.send("script", ["script-1"], {"language": "python", "code": "1", "return": "stdout"})
    bus.send("transform", ["transform-1"], {"expression": "[range(.)] | length", "input": 7})
    bus.send(
        "postgres", ["postgres-1"], {"database": {"use": "shop"}, "query": "select $1::int as n", "parameters": [7]}
    )
    bus.send("kafka", ["kafka-1"], {"topic": bus.topic("echo"), "value": 1})

    shell, script, transform, postgres, kafka = bus.outputs(
        "shell-1", "script-1", "transform-1", "postgres-1", "kafka-1"
    )

    assert (shell, transform) == ("hello\n", 7)
    assert postgres == {"rows": [{"n": 7}], "count": 1}
    assert "AGENTOS_ALLOW_PROCESSES" in script.error
    assert "is not one of AgentOS" in kafka.error
