from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.chaos import faults, records
from tests.chaos.cluster import Conditions, cluster
from tests.chaos.storm import Plan, table, weather


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_whatever_is_killed(
    tmp_path: Path, length: str, seed: int, say: Callable[[str], None]
) -> None:
    if length != "short":
        pytest.skip("the long form does all this and more")
    plan = Plan(
        seed=seed,
        faults=[
            records.every_partition(records.malformed_commands),
            partial(faults.kill_supervised, role="nodes"),
            records.every_partition(records.foreign_commits),
            partial(faults.freeze, role="orchestrator"),
            records.every_partition(records.repeated_commands),
            faults.kill_kafka,
            partial(faults.kill_supervised, role="orchestrator"),
            faults.stop_postgres,
        ],
        runs=400,
        rate_per_s=12,
        pause_s=(0.2, 1.0),
        api_sample=100,
    )
    with cluster(tmp_path, Conditions(session_timeout_s=6)) as system:
        found = weather(system, plan, say)
    for line in table(found.report):
        say(line)
    assert not found.violations, "\n".join([f"seed {seed}", *found.violations])
