"""Counters of this process in the text format that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Upper bounds of the latency histogram, seconds.
BOUNDS_S = (0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 1.0, 5.0, 30.0)


@dataclass(slots=True)
class Metrics:
    """What this process has done. Loop and log thread write different fields."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    waits: Counter[float] = field(default_factory=Counter)
    waited_s: float = 0.0
    streams: int = 0
    accepted_commits: int = 0
    skipped_commits: int = 0
    unreadable_records: int = 0
    commands: int = 0
    undelivered_commands: int = 0

    def answered(self, method: str, status: int) -> None:
        """Count a response."""
        self.answers[method, status] += 1

    def waited(self, duration_s: float) -> None:
        """Count a run whose end was waited for."""
        self.waits[next((bound for bound in BOUNDS_S if duration_s <= bound), float("inf"))] += 1
        self.waited_s += duration_s

    def text(self) -> str:
        """Give everything in the exposition format."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP agentos_api_responses_total Responses by method and status."
        yield "# TYPE agentos_api_responses_total counter"
        for (method, status), count in sorted(self.answers.items()):
            yield f'agentos_api_responses_total{{method="{method}",status="{status}"}} {count}'
        yield "# HELP agentos_api_wait_seconds How long callers waited for their run to end."
        yield "# TYPE agentos_api_wait_seconds histogram"
        yield from self._histogram()
        yield from _single("streams", "gauge", "Event streams that are open.", self.streams)
        yield from _single("commands_total", "counter", "Commands sent.", self.commands)
        yield from _single(
            "undelivered_commands_total", "counter", "Commands Kafka did not take in time.", self.undelivered_commands
        )
        yield from _single("accepted_commits_total", "counter", "Commits read that fit.", self.accepted_commits)
        yield from _single("skipped_commits_total", "counter", "Commits read that did not fit.", self.skipped_commits)
        yield from _single("unreadable_records_total", "counter", "Records not understood.", self.unreadable_records)

    def _histogram(self) -> Iterator[str]:
        count = 0
        for bound in BOUNDS_S:
            count += self.waits[bound]
            yield f'agentos_api_wait_seconds_bucket{{le="{bound:g}"}} {count}'
        count += self.waits[float("inf")]
        yield f'agentos_api_wait_seconds_bucket{{le="+Inf"}} {count}'
        yield f"agentos_api_wait_seconds_sum {self.waited_s:.6f}"
        yield f"agentos_api_wait_seconds_count {count}"


def _single(name: str, kind: str, about: str, value: int) -> Iterator[str]:
    yield f"# HELP agentos_api_{name} {about}"
    yield f"# TYPE agentos_api_{name} {kind}"
    yield f"agentos_api_{name} {value}"
