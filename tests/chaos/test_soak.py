from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.chaos.cluster import Conditions, cluster
from tests.chaos.conftest import REPORT
from tests.chaos.growth import Growth
from tests.chaos.plans import RECORD_FAULTS, STORE_FAULTS
from tests.chaos.storm import Plan, save, table, weather

RATE_PER_S = 15.0
#: Between two faults, on average. None kills a role: what grows must get the time to show it.
PAUSE_S = 180.0


def test_nothing_grows_and_nothing_is_lost_in_hours(
    tmp_path: Path, seed: int, hours: float, say: Callable[[str], None]
) -> None:
    rng = random.Random(seed)
    count = max(1, round(hours * 3600 / PAUSE_S))
    plan = Plan(
        seed=seed,
        faults=[rng.choice([*RECORD_FAULTS, *STORE_FAULTS[:3]]) for _ in range(count)],
        runs=round(hours * 3600 * RATE_PER_S),
        rate_per_s=RATE_PER_S,
        pause_s=(PAUSE_S / 2, PAUSE_S * 3 / 2),
        api_sample=3000,
    )
    with cluster(tmp_path, Conditions(small_orchestrators=2)) as system:
        growth = Growth(system)
        growth.start()
        found = weather(system, plan, say)
        growth.close()
    found.violations += growth.violations()
    found.report |= {"growth": growth.figures(), "violations": found.violations}
    save(found.report, REPORT)
    for line in [*table(found.report), *(f"{name}: {figure}" for name, figure in growth.figures().items())]:
        say(line)
    assert not found.violations, "\n".join([f"seed {seed}", *found.violations])
