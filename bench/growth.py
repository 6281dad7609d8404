"""What grows: recovery after a long log, and memory with many live runs."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping

import httpx

from bench.documents import INLINE, WAITING
from bench.load import Load
from bench.stack import Bench, fresh, resident_mib
from bench.stores import Stores
from bench.waits import until_in_postgres

#: One figure: value and unit.
Figures = dict[str, tuple[float, str]]

#: Runs whose commits are recovered, of 7 events each: 143,000 make a million events.
RECOVERY_RUNS = int(os.environ.get("AGENTOS_BENCH_RECOVERY_RUNS", "143000"))
EVENTS_PER_RUN = 7
#: Live runs whose memory is measured, in thousands. A million take minutes to start, so this is measured once.
LIVE_THOUSANDS = tuple(int(part) for part in os.environ.get("AGENTOS_BENCH_LIVE_THOUSANDS", "10,100,1000").split(","))
#: Within this time after Postgres has them, the orchestrator has let go of the runs above its limit.
EVICTED_S = 10.0


def recovery(stores: Stores, turn: int) -> Figures:
    """An orchestrator that starts with a million events behind it: from the log alone, and from snapshots."""
    with fresh(stores, f"recovery{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, INLINE, commits_per_run=1)
        load.run(RECOVERY_RUNS, 4000)
        load.close()
        until_in_postgres(bench, deadline_s=600)
        bench.stop("snapshots")
        bench.stop("orchestrator")
        from_snapshots_s = _restart(bench, {})
        bench.stop("orchestrator")
        from_log_s = _restart(bench, {"DATABASE_URL": ""})
        fold_s = _metrics(bench, "orchestrator")["agentos_recovery_seconds_sum"]
    events = RECOVERY_RUNS * EVENTS_PER_RUN
    return {
        "recovery_events_per_s": (events / from_log_s, "events/s, start of the process included"),
        "recovery_fold_events_per_s": (events / fold_s, "events/s, the fold alone"),
        "recovery_from_log_s": (from_log_s, "s"),
        "recovery_from_snapshots_s": (from_snapshots_s, "s"),
    }


def _restart(bench: Bench, environment: Mapping[str, str]) -> float:
    """Start the orchestrator again; give the seconds from its start until it is ready."""
    began = time.monotonic()
    bench.start("orchestrator", environment)
    return time.monotonic() - began


def live_runs(stores: Stores, turn: int) -> Figures:
    """Memory of an orchestrator with many runs that wait for a timer, those above its limit left to Postgres."""
    figures: Figures = {}
    if turn:
        return figures
    with fresh(stores, f"live{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, WAITING, commits_per_run=1)
        empty_mib = {role: resident_mib(process.pid) for role, process in bench.processes.items()}
        live = 0
        for thousands in LIVE_THOUSANDS:
            load.run(thousands * 1000 - live, 4000)
            live = thousands * 1000
            until_in_postgres(bench, deadline_s=900)
            time.sleep(EVICTED_S)
            for role, process in bench.processes.items():
                used_mib = resident_mib(process.pid) - empty_mib[role]
                figures[f"live_runs_{thousands}k_{role}_mib"] = (used_mib, "MiB")
        load.close()
    return figures


def _metrics(bench: Bench, role: str) -> dict[str, float]:
    """Give the figures a role serves, summed over their labels."""
    text = httpx.get(f"http://127.0.0.1:{bench.ports[role]}/metrics", timeout=10).text
    found: dict[str, float] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"([a-z_]+)(?:\{[^}]*\})? ([0-9.e+-]+)", line):
            found[match.group(1)] = found.get(match.group(1), 0.0) + float(match.group(2))
    return found
