"""Agents on real Kafka, whose workers are killed at every step: no finished model call is made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import commands as c
from engine import events as e
from infra.kafka import KafkaConnection, create_topics
from infra.settings import KafkaSettings
from streams.topics import topic_specs
from tests.eventually import eventually
from tests.integration.agents.service import TURNS, Service
from tests.integration.streams.system import ROOT, System


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()


@pytest.fixture
def system(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path, service: Service) -> Iterator[System]:
    """Topics of its own with an agent, and an orchestrator."""
    made = System(kafka=kafka, prefix=topic_prefix, folder=tmp_path, partitions=1)
    settings = KafkaSettings(topic_prefix=topic_prefix, partitions=1)
    create_topics(kafka, topic_specs(settings, ["model", "http"]))
    made.create(document(service.address))
    made.start_process()
    yield made
    made.stop()


def document(address: str) -> dict[str, Any]:
    look = {
        "node": "http",
        "name": "look",
        "parameters": {"type": "object", "required": ["turn"]},
        "with": {
            "method": "get",
            "endpoint": f'${{ "{address}/tool/" + $workflow.id + "/" + ($arguments.turn | tostring) }}',
        },
    }
    with_ = {
        "provider": "openai",
        "model": "m",
        "endpoint": f"{address}/v1",
        "prompt": "${ $workflow.id }",
        "tools": [look],
        "limits": {"turns": TURNS},
    }
    head = {"dsl": "1.0.3", "namespace": "test", "name": "agent", "version": "1.0.0"}
    return {"document": head, "do": [{"ask": {"call": "agent", "with": with_}}]}


def worker(system: System) -> subprocess.Popen[bytes]:
    """Start a worker in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "KAFKA_BOOTSTRAP_SERVERS": system.kafka.bootstrap_servers,
        "AGENTOS_TOPIC_PREFIX": system.prefix,
        "AGENTOS_PARTITIONS": "1",
        "AGENTOS_SESSION_TIMEOUT_S": "6",
        "AGENTOS_EXPRESSION_EVALUATORS": "1",
        "AGENTOS_HTTP_ALLOW_PRIVATE": "127.0.0.1",
        "AGENTOS_WORKER_CONCURRENCY": "100",
    }
    command = [sys.executable, "-m", "tests.integration.worker.process", "model,http"]
    with (system.folder / "worker.log").open("ab") as log:
        return subprocess.Popen(command, cwd=system.folder, env=environment, stdout=log, stderr=log)


def test_a_worker_killed_at_every_step_of_an_agent_repeats_no_finished_model_call(
    system: System, service: Service
) -> None:
    waiting = [("model", turn) for turn in range(1, TURNS + 1)] + [("tool", turn) for turn in (1, 10, TURNS - 1)]
    for kind, turn in waiting:
        start = c.StartRun(namespace="test", name="agent", version="1.0.0", input="{}")
        system.send(f"{kind}-{turn}-run", start)
    first = worker(system)
    try:
        eventually(lambda: service.unanswered() == len(waiting), within_s=120)
    finally:
        first.kill()
        first.wait()

    second = worker(system)
    try:
        log = system.wait_for("completed", len(waiting), within_s=120)
    finally:
        second.kill()
        second.wait()

    model_calls = {key: count for key, count in service.asked.items() if key[1] == "model"}
    cut_off = {(f"model-{turn}-run", "model", turn) for turn in range(1, TURNS + 1)}
    assert {key for key, count in model_calls.items() if count > 1} == cut_off
    assert len(model_calls) == TURNS * len(waiting)
    reported = Counter(
        (commit.run_id, event.path)
        for commit in log.commits
        for event in commit.events
        if isinstance(event, e.TaskReported)
    )
    assert set(reported.values()) == {1}
    assert len(reported) == (TURNS + TURNS - 1) * len(waiting)
    for run_id, state in log.states.items():
        assert json.loads(getattr(state, "output", ""))["text"] == f"done {run_id}"
