"""`agentos up` as a user meets it: real processes, killed and stopped in every way. Only the stores, to be quick."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.embedded.state import read_state
from infra.kafka import KafkaConnection, TopicSpec, create_topics, partition_counts
from infra.postgres import connect
from tests.eventually import eventually

ROOT = Path(__file__).parents[3]
START_S = 60.0


class Machine:
    """A data folder, and the command line that works on it with a clean environment."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "XDG_CACHE_HOME")},
            "AGENTOS_DATA_DIR": str(data_dir),
            "PYTHONPATH": str(ROOT),
        }
        self.started: list[subprocess.Popen[str]] = []

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "agentos", *arguments]

    def agentos(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment | environment,
            cwd=self.data_dir.parent,
            capture_output=True,
            text=True,
            timeout=START_S,
        )

    def start(self) -> subprocess.Popen[str]:
        """Start the stores and return at once."""
        child = subprocess.Popen(
            self.command("up", "--stores-only"),
            env=self.environment,
            cwd=self.data_dir.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(child)
        return child

    def up(self) -> psutil.Process:
        """Start the stores and give the supervisor's process once they are ready."""
        child = self.start()
        eventually(lambda: child.poll() is not None or self.status()["well"], within_s=START_S)
        assert child.poll() is None, child.communicate()[0]
        return psutil.Process(child.pid)

    def status(self) -> dict[str, Any]:
        """Give what `agentos status --json` says of the processes, from the same file but without starting a Python."""
        state = read_state(self.data_dir)
        if state is None or not self.started or state.pid != self.started[-1].pid:
            return {"well": False}
        return {"well": state.is_well, **{process.name: process for process in state.processes}}

    def family(self) -> list[psutil.Process]:
        return [process for child in self.started for process in _tree(child.pid)]

    def environment_of_stores(self) -> dict[str, str]:
        state = self.status()
        password = (self.data_dir / "postgres/password").read_text()
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{state['kafka'].ports['kafka']}",
            "DATABASE_URL": f"postgresql://agentos:{password}@127.0.0.1:{state['postgres'].ports['postgres']}/postgres",
        }


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "data")
    yield made
    for child in made.started:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=START_S)


def test_a_signal_stops_everything_and_the_data_is_there_next_time(machine: Machine) -> None:
    supervisor = machine.up()
    family = machine.family()
    stores = machine.environment_of_stores()
    kafka = KafkaConnection(bootstrap_servers=stores["KAFKA_BOOTSTRAP_SERVERS"])
    create_topics(kafka, [TopicSpec(name="kept", partitions=2)])
    with connect(stores["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept (n int)")

    supervisor.send_signal(signal.SIGTERM)

    assert machine.started[0].wait(START_S) == 0
    assert len(family) >= 3
    assert gone(family)

    machine.up()
    assert machine.environment_of_stores() == stores, "the ports and the password stay the same"
    assert partition_counts(kafka)["kept"] == 2
    with connect(stores["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    family = machine.family()

    machine.started[1].send_signal(signal.SIGINT)

    assert machine.started[1].wait(START_S) == 0
    assert gone(family)


def test_a_stop_while_starting_leaves_no_process(machine: Machine) -> None:
    child = machine.start()
    eventually(lambda: read_state(machine.data_dir), within_s=START_S)
    family = machine.family()

    child.send_signal(signal.SIGTERM)

    assert child.wait(START_S) == 0
    assert gone(family)


def test_a_killed_supervisor_leaves_no_process_and_the_next_one_starts(machine: Machine) -> None:
    supervisor = machine.up()
    family = machine.family()

    supervisor.kill()

    eventually(lambda: gone(family), within_s=10)
    assert machine.agentos("status").returncode == 3
    machine.up()


def test_a_killed_child_is_started_again_and_that_is_said(machine: Machine) -> None:
    machine.up()
    before = machine.status()

    for name in ("kafka", "postgres"):
        os.kill(before[name].pid, signal.SIGKILL)

    for name in ("kafka", "postgres"):
        eventually(lambda: machine.status()[name].restarts == 1 and machine.status()["well"], within_s=START_S)  # noqa: B023
        assert machine.status()[name].pid != before[name].pid
    said = machine.agentos("logs", "up").stdout
    assert re.search(r"kafka was ended by SIGKILL; restart 1 in 0\.2 s", said)
    assert re.search(r"postgres was ended by SIGKILL; restart 1 in 0\.2 s", said)


def test_a_frozen_child_makes_the_stack_degraded_until_it_goes_on(machine: Machine) -> None:
    machine.up()
    kafka = psutil.Process(machine.status()["kafka"].pid)

    kafka.suspend()
    eventually(lambda: not machine.status()["well"], within_s=15)
    degraded = machine.agentos("status")
    kafka.resume()

    assert degraded.returncode == 1
    assert "unready" in degraded.stdout
    eventually(lambda: machine.status()["well"], within_s=15)


def test_the_lifecycle_from_the_command_line(machine: Machine) -> None:
    assert machine.agentos("status").returncode == 3
    assert "Nothing runs" in machine.agentos("down").stdout
    supervisor = machine.up()

    second = machine.agentos("up", "--stores-only")
    assert (second.returncode, f"found process {supervisor.pid} since 20" in second.stderr) == (1, True), second
    refused = machine.agentos("reset", "--yes")
    assert (refused.returncode, f"found process {supervisor.pid}" in refused.stderr) == (1, True), refused
    told = machine.agentos("status", "--json")
    assert told.returncode == 0
    assert {process["name"]: process["phase"] for process in json.loads(told.stdout)["processes"]} == {
        "kafka": "ready",
        "postgres": "ready",
    }
    assert "Kafka Server started" in machine.agentos("logs", "kafka", "-n", "100").stdout
    assert machine.agentos("logs", "nobody").returncode == 2

    assert "Stopped" in machine.agentos("down").stdout
    assert machine.started[0].wait(START_S) == 0
    assert machine.agentos("reset", "--yes").returncode == 0
    assert sorted(path.name for path in machine.data_dir.iterdir()) == ["lock", "token"]


def test_detached_it_goes_on_until_down(machine: Machine) -> None:
    up = machine.agentos("up", "--stores-only", "--detach")
    family = _tree(json.loads(machine.agentos("status", "--json").stdout)["pid"])

    down = machine.agentos("down")

    assert (up.returncode, down.returncode) == (0, 0), (up, down)
    assert len(family) >= 3
    assert gone(family)


def test_outside_stores_are_looked_at_and_not_started(machine: Machine, broker: str, fresh_database: str) -> None:
    machine.environment |= {"KAFKA_BOOTSTRAP_SERVERS": broker, "DATABASE_URL": fresh_database}

    supervisor = machine.up()

    assert [process.pid for process in machine.family()] == [supervisor.pid]
    assert machine.status()["kafka"].detail == f"outside, at {broker}"
    assert machine.agentos("status").returncode == 0


def test_outside_stores_that_do_not_answer_are_named(machine: Machine, broker: str) -> None:
    nowhere = "postgresql://me:secret@127.0.0.1:1/agentos"

    refused = machine.agentos("up", "--stores-only", KAFKA_BOOTSTRAP_SERVERS=broker, DATABASE_URL=nowhere)

    assert refused.returncode == 1
    assert "Expected postgres at postgresql://127.0.0.1:1/agentos to answer" in refused.stderr
    assert "secret" not in refused.stdout + refused.stderr


def test_a_taken_configured_port_is_named(machine: Machine, broker: str) -> None:
    port = broker.rpartition(":")[2]

    refused = machine.agentos("up", "--stores-only", AGENTOS_KAFKA_PORT=port)

    assert refused.returncode == 1
    assert f"Expected port {port} to be free for kafka" in refused.stderr


def test_a_bad_setting_is_misuse(machine: Machine) -> None:
    refused = machine.agentos("up", AGENTOS_PARTITIONS="many")

    assert refused.returncode == 2
    assert "AGENTOS_PARTITIONS: expected a valid integer, found 'many'" in refused.stderr
