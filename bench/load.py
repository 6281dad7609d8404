"""Load at the topics: runs are started by commands, and their commits are followed on the events topic."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Producer

from bench.documents import INPUT, record
from bench.stack import Bench
from engine.commands import Command, StartRun
from infra.kafka import producer
from infra.kafka.following import Follower
from infra.kafka.offsets import watermarks
from schemas.codec import encode

STALL_S = 60


@dataclass(slots=True)
class Load:
    """Starts runs of one document and counts their commits."""

    bench: Bench
    document: Mapping[str, Any]
    #: Commits a run has when it is complete.
    commits_per_run: int
    producer: Producer = field(init=False)
    seen: dict[bytes, int] = field(default_factory=dict)
    done_at_s: list[float] = field(default_factory=list)
    follower: Follower | None = None

    def __post_init__(self) -> None:
        """Publish the document."""
        self.producer = producer(self.bench.kafka)
        definition = record(dict(self.document))
        self.producer.produce(f"{self.bench.prefix}definitions", encode(definition), key=definition.key)
        self.producer.flush(30)

    def start_one(self) -> bytes:
        """Send the command that starts a run; give its key."""
        head = self.document["document"]
        run_id = str(uuid.uuid4())
        body = StartRun(namespace=head["namespace"], name=head["name"], version=head["version"], input=INPUT)
        command = Command(run_id=run_id, command_id=run_id, actor="bench", body=body)
        key = run_id.encode()
        self.producer.produce(f"{self.bench.prefix}commands", encode(command), key=key)
        return key

    def follow(self) -> None:
        """Follow the events topic from its end."""
        topic = f"{self.bench.prefix}events"
        ends = {number: marks.high for number, marks in watermarks(self.bench.kafka, topic).items()}
        self.follower = Follower(self.bench.kafka, {(topic, partition): end for partition, end in ends.items()})

    def collect(self, wait_s: float) -> int:
        """Take what has arrived; give how many runs were completed by it."""
        if self.follower is None:
            raise RuntimeError("expected follow() first")
        completed = 0
        for message in self.follower.next_batch(wait_s):
            key = message.key() or b""
            count = self.seen.get(key, 0) + 1
            self.seen[key] = count
            completed += count == self.commits_per_run
        return completed

    def run(self, count: int, in_flight: int) -> float:
        """Complete `count` runs with at most `in_flight` at once; give the seconds it took."""
        self.follow()
        started = completed = 0
        began = last = time.monotonic()
        while completed < count:
            while started < count and started - completed < in_flight:
                self.start_one()
                started += 1
            self.producer.poll(0)
            if started - completed <= 64:
                self.producer.flush(10)
            found = self.collect(0.05)
            completed += found
            last = time.monotonic() if found else last
            if time.monotonic() - last > STALL_S:
                raise RuntimeError(f"nothing was completed for {STALL_S} s: {completed} of {count}")
        return time.monotonic() - began

    def close(self) -> None:
        """Leave the brokers."""
        if self.follower is not None:
            self.follower.close()
