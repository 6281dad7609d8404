from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.cluster import Conditions, cluster
from tests.chaos.plans import SHORT
from tests.chaos.storm import Plan, table, weather


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_whatever_is_killed(tmp_path: Path, seed: int, say: Callable[[str], None]) -> None:
    plan = Plan(seed=seed, faults=SHORT, runs=300, rate_per_s=10, pause_s=(0.2, 1.0), api_sample=100)
    with cluster(tmp_path, Conditions(session_timeout_s=6)) as system:
        found = weather(system, plan, say)
    for line in table(found.report):
        say(line)
    assert not found.violations, "\n".join([f"seed {seed}", *found.violations])
