from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine import commands as c
from engine.messages import OpenSubscription
from infra.kafka import KafkaConnection
from schemas import codec, topics
from schemas.cloudevents import HEADERS
from schemas.records import DeadLetter
from streams.orchestrator.partition import Partition
from streams.orchestrator.reactions import Reactions
from streams.orchestrator.runs import Runs
from tests.eventually import eventually
from tests.integration.streams.system import ROOT, Process, System, free_port


@dataclass(slots=True)
class Events:
    """A system with correlators, and what goes in and comes out of them."""

    system: System

    def start_correlator(self) -> Process:
        """Start one; wait until it is ready."""
        system, port = self.system, free_port()
        log = system.folder / f"correlator-{len(system.processes)}.log"
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AGENTOS_", "KAFKA_"))},
            "KAFKA_BOOTSTRAP_SERVERS": system.kafka.bootstrap_servers,
            "AGENTOS_TOPIC_PREFIX": system.prefix,
            "AGENTOS_PARTITIONS": str(system.partitions),
            "AGENTOS_HEALTH_PORT": str(port),
            "AGENTOS_SESSION_TIMEOUT_S": "6",
            "PYTHONPATH": str(ROOT),
        }
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-P", "-m", "agentos", "worker", "correlator"],
                env=variables,
                cwd=system.folder,
                stdout=out,
                stderr=out,
            )
        process = Process(popen, port, log)
        system.processes.append(process)
        return process

    def publish(self, kind: str, data: Any = None, *, key: str | None = None, **attributes: Any) -> None:
        """Publish an event as a producer outside does."""
        event = {"specversion": "1.0", "id": "1", "source": "/s", "type": kind, "data": data, **attributes}
        self.system.produce("cloudevents", (key or kind).encode(), json.dumps(event).encode(), headers=list(HEADERS))

    def subscribe(self, run_id: str, *filters: dict[str, Any], opened_at_ms: int = 0) -> OpenSubscription:
        """Open a subscription as the orchestrator does."""
        found = OpenSubscription(run_id=run_id, path="/do/0/l", filters=json.dumps(filters), opened_at_ms=opened_at_ms)
        self.react(found)
        return found

    def react(self, message: Any) -> None:
        """Write the records of a reaction."""
        reactions = Reactions(self.system.prefix, self.system.partitions, lambda _: None)
        partition = Partition(number=0, runs=Runs(limit=1))
        for record in reactions.records(partition, [message]):
            name = record.topic.removeprefix(self.system.prefix)
            self.system.produce(name, record.key, record.value, partition=record.partition)  # type: ignore[arg-type]

    def deliveries(self) -> list[tuple[str, int, str]]:
        """Give run, filter and event id of each delivery."""
        found = []
        for message in self.system.all_records("commands"):
            command = codec.decode_as(c.Command, message.value())
            if isinstance(command.body, c.DeliverEvent):
                found.append((command.run_id, command.body.filter_index, json.loads(command.body.event)["id"]))
        return found

    def dead_letters(self) -> list[DeadLetter]:
        """Give the dead letters."""
        name = topics.DEAD_LETTERS.name
        return [codec.decode_as(DeadLetter, message.value()) for message in self.system.all_records(name)]

    def delivered(self, *expected: tuple[str, int, str]) -> None:
        """Wait until these deliveries are made, and no others."""
        try:
            eventually(lambda: len(set(self.deliveries())) >= len(expected), within_s=30)
        except AssertionError:
            raise AssertionError(f"found {self.deliveries()}; {self.system.logs()}") from None
        assert set(self.deliveries()) == set(expected)


@pytest.fixture
def events(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path) -> Iterator[Events]:
    """Topics of its own, and no process yet."""
    system = System(kafka=kafka, prefix=topic_prefix, folder=tmp_path)
    system.create()
    yield Events(system)
    system.stop()
