"""What a worker counts of its tasks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from engine.commands import CompleteTask, FailTask
from streams.metrics import SECONDS, Metrics
from streams.worker.crew import Crew
from streams.worker.jobs import Job

BUCKETS = (*SECONDS, 60.0, 300.0)


class Figures:
    """Counts tasks by node type and by what they came to."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        registry, kind = metrics.registry, ["node_type"]
        self._ended = Counter("agentos_tasks", "Tasks that ended.", ["node_type", "outcome"], registry=registry)
        self._seconds = Histogram("agentos_task_seconds", "Time a task ran.", kind, buckets=BUCKETS, registry=registry)
        self._running = Gauge("agentos_tasks_running", "Tasks under way.", ["topic"], registry=registry)
        self._waiting = Gauge("agentos_tasks_waiting", "Tasks that wait in this worker.", ["topic"], registry=registry)
        place = ["topic", "partition"]
        self.lag = Gauge("agentos_task_lag_records", "Records not acknowledged.", place, registry=registry)
        self.heartbeats = Counter("agentos_heartbeats", "Heartbeats of long tasks.", registry=registry)

    def note(self, job: Job, result: CompleteTask | FailTask) -> None:
        """Count a task that ended."""
        kind = job.task.node_type
        self._ended.labels(kind, "completed" if isinstance(result, CompleteTask) else "failed").inc()
        self._seconds.labels(kind).observe(time.monotonic() - job.began_at)

    def watch(self, crews: Mapping[str, Crew]) -> None:
        """Show how many tasks run and wait, whenever somebody looks."""
        for topic, crew in crews.items():
            self._running.labels(topic).set_function(partial(_running, crew))
            self._waiting.labels(topic).set_function(partial(_waiting, crew))


def _running(crew: Crew) -> float:
    return len(crew.running)


def _waiting(crew: Crew) -> float:
    return crew.waiting
