"""The lifecycle stage on a real Kafka, in a process of its own."""

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

from infra.kafka import KafkaConnection
from tests.eventually import eventually
from tests.integration.streams.system import INLINE, ROOT, WAIT, Process, System, free_port


@pytest.fixture
def system(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path) -> Iterator[System]:
    made = System(kafka=kafka, prefix=topic_prefix, folder=tmp_path)
    made.create(INLINE, WAIT)
    yield made
    made.stop()


def start(system: System, wanted: str) -> Process:
    log, port = system.folder / f"lifecycle-{len(system.processes)}.log", free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AGENTOS_", "KAFKA_"))},
        "KAFKA_BOOTSTRAP_SERVERS": system.kafka.bootstrap_servers,
        "AGENTOS_TOPIC_PREFIX": system.prefix,
        "AGENTOS_PARTITIONS": str(system.partitions),
        "AGENTOS_HEALTH_PORT": str(port),
        "AGENTOS_SESSION_TIMEOUT_S": "6",
        "AGENTOS_LIFECYCLE_EVENTS": wanted,
        "PYTHONPATH": str(ROOT),
    }
    with log.open("wb") as out:
        command = [sys.executable, "-P", "-m", "agentos", "worker", "lifecycle"]
        popen = subprocess.Popen(command, env=environment, cwd=system.folder, stdout=out, stderr=out)
    process = Process(popen, port, log)
    system.processes.append(process)
    return process


def told(system: System) -> list[dict[str, Any]]:
    records = system.all_records("lifecycle")
    assert all(message.headers() for message in records)
    return [json.loads(message.value() or b"") for message in records]


def kinds(system: System) -> Counter[str]:
    return Counter(event["type"].removeprefix("io.serverlessworkflow.").removesuffix(".v1") for event in told(system))


def until(system: System, kind: str, count: int) -> None:
    try:
        eventually(lambda: kinds(system)[kind] >= count, within_s=30)
    except AssertionError:
        raise AssertionError(f"found {kinds(system)}; {system.logs()}") from None


def test_the_lifecycle_of_runs_is_published_and_goes_on_after_a_crash_with_the_same_ids(system: System) -> None:
    system.start_process()
    first = start(system, "required")
    run_ids = system.start_runs("inline", 20) + system.start_runs("wait", 3)
    system.wait_for("completed", 23)
    until(system, "workflow.completed", 23)
    first.kill()
    system.start_runs("wait", 2)
    system.wait_for("completed", 25)
    start(system, "required")
    until(system, "workflow.completed", 25)

    events = told(system)
    once = {event["id"]: event for event in events}
    found = Counter(event["type"] for event in once.values())
    assert found["io.serverlessworkflow.workflow.started.v1"] == 25
    assert found["io.serverlessworkflow.workflow.completed.v1"] == 25
    assert found["io.serverlessworkflow.task.completed.v1"] == 45
    assert not any("status-changed" in kind for kind in found)
    mine = [event["type"].split(".")[2:4] for event in events if event["subject"] == run_ids[0]]
    assert mine[0] == ["workflow", "started"]
    assert mine[-1] == ["workflow", "completed"]


def test_changes_of_status_are_published_where_they_are_wanted(system: System) -> None:
    system.start_process()
    start(system, "all")
    system.start_runs("wait", 1)
    until(system, "workflow.completed", 1)
    until(system, "workflow.status-changed", 3)
    statuses = [
        event["data"]["status"] for event in told(system) if event["type"].endswith("workflow.status-changed.v1")
    ]
    assert statuses == ["running", "waiting", "completed"]


def test_the_role_says_that_nobody_wants_it(system: System) -> None:
    process = start(system, "off")
    assert process.wait_until_dead() != 0
    assert "AGENTOS_LIFECYCLE_EVENTS" in process.log.read_text()
