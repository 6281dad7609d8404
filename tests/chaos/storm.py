"""One chaos test: load, faults one after the other, rest, then the checks and the report."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos.arena import Arena, now_ms
from tests.chaos.checks import Evidence, gather, violations
from tests.chaos.cluster import Cluster
from tests.chaos.faults import Fault
from tests.chaos.load import Load
from tests.chaos.takeover import measure
from tests.chaos.watching import Watch, backlog, log_length

#: After a fault, every partition of the log must move within this time.
STUCK_S = 60.0
REST_S = 150.0
LONGEST_TASK_S = 8.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to the system."""

    seed: int
    faults: Sequence[Fault]
    runs: int
    rate_per_s: float
    #: Seconds between two faults, from and to.
    pause_s: tuple[float, float] = (1.0, 4.0)
    api_sample: int = 500


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    violations: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)


def weather(cluster: Cluster, plan: Plan, say: Say) -> Outcome:
    """Run the plan against the system and judge it."""
    say(f"chaos: seed {plan.seed}, {plan.runs} runs, {len(plan.faults)} faults")
    arena = Arena(cluster=cluster, rng=random.Random(plan.seed))
    load = Load(cluster, plan.seed, plan.rate_per_s)
    watch = Watch(cluster)
    watch.start()
    load.start()
    found = Outcome()
    began_at_s = time.monotonic()
    try:
        found.violations += _faults(arena, watch, plan, say)
        load.rate_per_s = max(plan.rate_per_s, 150.0) if load.sent < plan.runs else plan.rate_per_s
        cluster.until(lambda: load.sent >= plan.runs, 600)
        load.stop()
        stopped_at_ms = now_ms()
        found.violations += _rest(cluster)
        say(f"at rest after {time.monotonic() - began_at_s:.0f} s; checking")
    finally:
        watch.close()
    evidence = gather(cluster, arena, load)
    found.violations += [*arena.violations, *violations(evidence, plan.api_sample)]
    found.violations += _left_behind(cluster)
    found.report = report(evidence, plan, found.violations)
    found.report["incidents"] = measure(evidence, watch, stopped_at_ms)
    return found


def _faults(arena: Arena, watch: Watch, plan: Plan, say: Say) -> list[str]:
    """Do the faults one after the other; give a sentence for each after which the log stood still for too long."""
    stuck: list[str] = []
    began_at_s = time.monotonic()
    for number, fault in enumerate(plan.faults, start=1):
        arena.cluster.pass_time(arena.rng.uniform(*plan.pause_s))
        fault(arena)
        name, healed_at_s = arena.incidents[-1].name, time.monotonic()
        say(f"{healed_at_s - began_at_s:6.1f} s  {number}/{len(plan.faults)}  {name}  {arena.incidents[-1].note}")
        if not arena.cluster.until(partial(watch.has_moved_since, healed_at_s), STUCK_S):
            stuck.append(f"the log stands still {STUCK_S:g} s after fault {number}, {name}: {watch.moved_at_s}")
    return stuck


def _rest(cluster: Cluster) -> list[str]:
    """Wait until nothing is under way; give a sentence for everything that still is after too long."""
    left: list[str] = []
    calm_since_s, seen = time.monotonic(), 0

    def is_at_rest() -> bool:
        nonlocal calm_since_s, seen
        left[:] = backlog(cluster)
        if left or (length := log_length(cluster)) != seen:
            calm_since_s, seen = time.monotonic(), 0 if left else length
            return False
        # A task that is executed once more is acknowledged by its lease, and reports long after.
        return time.monotonic() - calm_since_s > LONGEST_TASK_S

    if cluster.until(is_at_rest, REST_S):
        return []
    return [f"not at rest after {REST_S:g} s: {sentence}" for sentence in left or ["the log grows and grows"]]


def _left_behind(cluster: Cluster) -> list[str]:
    every = [process for member in cluster.members() for process in member.left_behind]
    cluster.until(lambda: not any(process.is_running() for process in every), 10)
    return [f"a process outlived its parent: {process}" for process in every if process.is_running()]


def report(found: Evidence, plan: Plan, violated: list[str]) -> dict[str, Any]:
    """Give what is worth knowing as JSON values."""
    audit, arena = found.audit, found.arena
    foreign = Counter(place[1] for place in arena.foreign)
    skipped = sum(len(partition.skipped) + len(partition.malformed) for partition in audit.partitions.values())
    return {
        "seed": plan.seed,
        "load_average": os.getloadavg()[1],
        "runs_accepted": len(found.load.accepted),
        "runs_in_log": len(audit.runs),
        "starts_unknown": found.load.unknown,
        "faults": len(arena.incidents),
        "commits": sum(len(partition.accepted) for partition in audit.partitions.values()),
        "commits_skipped": skipped,
        "commits_skipped_of_zombies": skipped - sum(foreign.values()),
        "foreign_records_written": sum(foreign.values()),
        "poison_records": len(arena.poison),
        "dead_letters": sum(found.dead_letters.values()),
        "dead_letters_repeated": sum(count - 1 for count in found.dead_letters.values()),
        "executions": sum(found.executions.values()),
        "executions_repeated": sum(count - 1 for count in found.executions.values()),
        "tasks_redispatched": audit.redispatched,
        "refusals": dict(audit.refusals.most_common(25)),
        "unexpected_ends": [words for member in found.cluster.members() for words in member.surprises],
        "violations": violated,
    }


def table(found: dict[str, Any]) -> list[str]:
    """Give the report as lines to read."""
    lines = [f"{name}: {value}" for name, value in found.items() if isinstance(value, int | float)]
    lines.append(f"{'fault':44} {'away':>7} {'decide':>7} {'results':>7} {'pg':>7} {'api':>7} {'rejoin':>7}")
    for incident in found["incidents"]:
        figures = [incident[name] for name in ("away_s", "decisions_s", "results_s", "postgres_s", "api_s", "rejoin_s")]
        lines.append(f"{incident['fault'][:44]:44} " + " ".join(f"{figure:7.1f}" for figure in figures))
    lines += [f"unexpected end: {words}" for words in found["unexpected_ends"]]
    return lines


def save(found: dict[str, Any], path: Path) -> None:
    """Write the report."""
    path.write_text(json.dumps(found, indent=1) + "\n")
