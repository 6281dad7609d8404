"""Every topic, listed once: `TOPICS`, `task_topic(node_type)`. Topics are created from here and from nowhere else.

Topics that are co-partitioned have the same number of partitions and the same partitioner (murmur2 on the run id), so
that partition 3 of one belongs to partition 3 of the other. Subscriptions lie in the partition that CloudEvents of
their type lie in (murmur2 on the type), those for any type in every partition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

DAY_MS = 24 * 60 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
FOR_EVER = -1
#: Largest record on any topic. A commit is split far below it; a single payload is limited by the API.
MAX_RECORD_BYTES = 8 * 1024 * 1024

Clock = Literal["CreateTime", "LogAppendTime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a topic is for and how it is kept. `name` is without the prefix."""

    name: str
    #: What the key of its records is.
    key: str
    #: Names of the schemas of its values; empty for a topic that is not Avro.
    schemas: tuple[str, ...]
    #: Who writes to it.
    written_by: str
    retention_ms: int
    #: Number of partitions; `None` for the number all co-partitioned topics have, which is a setting.
    partitions: int | None = None
    cleanup: Literal["delete", "compact"] = "delete"
    #: Whose clock gives a record its timestamp: the writer's or the broker's.
    timestamp: Clock = "CreateTime"
    #: Whether partition n holds the same runs as partition n of the other such topics.
    co_partitioned: bool = False

    def full_name(self, prefix: str) -> str:
        """Give the name on the broker."""
        return f"{prefix}{self.name}"

    @property
    def config(self) -> dict[str, str]:
        """The topic's settings on the broker."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "message.timestamp.type": self.timestamp,
            "max.message.bytes": str(MAX_RECORD_BYTES),
        }


COMMANDS = Topic(
    name="commands",
    key="run id",
    schemas=("Command",),
    written_by="api, workers, orchestrator, correlator",
    retention_ms=14 * DAY_MS,
    timestamp="LogAppendTime",
    co_partitioned=True,
)
EVENTS = Topic(
    name="events",
    key="run id",
    schemas=("Commit",),
    written_by="orchestrator alone",
    retention_ms=FOR_EVER,
    timestamp="LogAppendTime",
    co_partitioned=True,
)
SUBSCRIPTIONS = Topic(
    name="subscriptions",
    key="event type, run id and path",
    schemas=("Subscription",),
    written_by="orchestrator",
    retention_ms=FOR_EVER,
    cleanup="compact",
)
CLOUDEVENTS = Topic(
    name="cloudevents",
    key="event type",
    schemas=(),
    written_by="outside, api, orchestrator",
    retention_ms=7 * DAY_MS,
    timestamp="LogAppendTime",
)
LIFECYCLE = Topic(
    name="lifecycle",
    key="run id",
    schemas=(),
    written_by="lifecycle",
    retention_ms=7 * DAY_MS,
)
DEFINITIONS = Topic(
    name="definitions",
    key="namespace/name/version",
    schemas=("Definition",),
    written_by="api",
    retention_ms=FOR_EVER,
    partitions=1,
)
PROGRESS = Topic(
    name="progress",
    key="run id",
    schemas=("Progress",),
    written_by="workers",
    retention_ms=HOUR_MS,
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    key="stage",
    schemas=("DeadLetter",),
    written_by="any stage",
    retention_ms=90 * DAY_MS,
    partitions=1,
)

#: All topics but those of tasks, of which there is one for each node type.
TOPICS = (COMMANDS, EVENTS, SUBSCRIPTIONS, CLOUDEVENTS, LIFECYCLE, DEFINITIONS, PROGRESS, DEAD_LETTERS)

_OUTSIDE_TOPIC_NAMES = re.compile(r"[^a-z0-9._-]")


def task_topic(node_type: str) -> Topic:
    """Give the topic of the tasks of one node type. Characters a topic name cannot have become `-`."""
    return Topic(
        name=f"tasks.{_OUTSIDE_TOPIC_NAMES.sub('-', node_type)}",
        key="run id",
        schemas=("Task", "TaskCancellation"),
        written_by="orchestrator",
        retention_ms=7 * DAY_MS,
        co_partitioned=True,
    )
