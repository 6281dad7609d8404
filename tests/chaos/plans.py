"""Which faults are done, in which order."""

from __future__ import annotations

import random
from functools import partial

from tests.chaos import faults, records
from tests.chaos.faults import Fault
from tests.chaos.records import every_partition

PROCESS_FAULTS: list[Fault] = [
    partial(faults.kill, role="orchestrator"),
    partial(faults.kill, role="nodes"),
    partial(faults.kill, role="snapshots"),
    partial(faults.kill, role="api"),
    partial(faults.kill_supervised, role="orchestrator"),
    partial(faults.kill_supervised, role="nodes"),
    partial(faults.kill_supervised, role="snapshots"),
    partial(faults.terminate, role="orchestrator"),
    partial(faults.terminate, role="nodes"),
    partial(faults.terminate, role="snapshots"),
    partial(faults.freeze, role="orchestrator"),
    partial(faults.freeze, role="nodes"),
    partial(faults.freeze, role="snapshots"),
    *faults.FAIL_POINTS,
    *faults.ZOMBIES,
    partial(faults.kill_all, role="orchestrator"),
    partial(faults.kill_all, role="nodes"),
    faults.rebalance_storm,
    faults.kill_everything,
]
STORE_FAULTS: list[Fault] = [
    faults.kill_kafka,
    faults.freeze_kafka,
    faults.stop_postgres,
    faults.kill_postgres,
    faults.freeze_postgres,
    faults.kill_with_postgres_away,
    faults.snapshots_away,
    faults.empty_postgres,
    faults.damage_states,
]
RECORD_FAULTS: list[Fault] = [
    every_partition(fault)
    for fault in (
        records.repeated_commands,
        records.repeated_tasks,
        records.late_results,
        records.orders_to_nobody,
        records.orders_astray,
        records.malformed_commands,
        records.malformed_tasks,
        records.malformed_events,
        records.malformed_cloudevents,
        records.foreign_commits,
        records.deep_and_large,
    )
]
EVERY_FAULT = [*PROCESS_FAULTS, *STORE_FAULTS, *RECORD_FAULTS]

#: Done more than once in a long run: what production sees most, and what makes zombies.
FREQUENT = [*PROCESS_FAULTS[:2], PROCESS_FAULTS[4], PROCESS_FAULTS[10], *STORE_FAULTS[:3], RECORD_FAULTS[0]]

SHORT: list[Fault] = [
    every_partition(records.malformed_commands),
    partial(faults.kill_supervised, role="nodes"),
    every_partition(records.foreign_commits),
    faults.ZOMBIES[0],
    every_partition(records.repeated_commands),
    faults.kill_kafka,
    faults.stop_postgres,
]


def long_plan(seed: int) -> list[Fault]:
    """Give every fault once and the frequent ones once more, in an order of the seed's own."""
    found = [*EVERY_FAULT, *FREQUENT]
    random.Random(f"plan {seed}").shuffle(found)
    return found
