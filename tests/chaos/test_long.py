from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.chaos.cluster import Conditions, cluster
from tests.chaos.conftest import REPORT
from tests.chaos.plans import long_plan
from tests.chaos.storm import Plan, save, table, weather

RUNS = 20_000
FAULTS_LEAST = 30
#: What is promised, and how much more a busy machine is allowed before this fails.
MARGIN = 3.0
PROMISED_S = {"kill orchestrator": 15.0, "kill nodes": 15.0, "terminate orchestrator": 3.0, "kill kafka": 10.0}


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
    late = [
        f"{incident['fault']}: {incident['decisions_s']} s"
        for incident in found.report["incidents"]
        if incident["decisions_s"] > MARGIN * PROMISED_S.get(incident["fault"], 60.0)
    ]
    assert not late, late
