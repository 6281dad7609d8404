from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.cluster import Conditions, cluster
from tests.chaos.conftest import REPORT
from tests.chaos.plans import long_plan
from tests.chaos.storm import Plan, save, table, weather

RUNS = 20_000
FAULTS_LEAST = 30
#: What is promised, and how much more a busy machine is allowed before this fails.
MARGIN = 3.0
PROMISED_S = {
    "kill orchestrator": ("decisions_s", 15.0),
    "kill nodes": ("results_s", 15.0),
    "kill snapshots": ("postgres_s", 15.0),
    "terminate orchestrator": ("decisions_s", 3.0),
    "terminate nodes": ("results_s", 3.0),
    "kill kafka": ("decisions_s", 10.0),
    "stop postgres": ("postgres_s", 10.0),
    "kill postgres": ("postgres_s", 10.0),
}


def test_nothing_is_lost_or_doubled_in_a_long_storm(tmp_path: Path, seed: int, say: Callable[[str], None]) -> None:
    plan = Plan(seed=seed, faults=long_plan(seed), runs=RUNS, rate_per_s=30, api_sample=3000)
    with cluster(tmp_path, Conditions()) as system:
        found = weather(system, plan, say)
    save(found.report, REPORT)
    for line in table(found.report):
        say(line)
    assert not found.violations, "\n".join([f"seed {seed}", *found.violations])
    assert found.report["runs_accepted"] >= RUNS
    assert found.report["faults"] >= FAULTS_LEAST
    assert not late(found.report), late(found.report)


def late(report: dict[str, Any]) -> list[str]:
    """Give the take-overs that took much longer than promised."""
    return [
        f"{incident['fault']}: {incident[what]} s, promised are {promised_s}"
        for incident in report["incidents"]
        for what, promised_s in [PROMISED_S.get(incident["fault"], ("decisions_s", 60.0))]
        if incident[what] > MARGIN * promised_s
    ]
