"""What is measured. Each function takes running stores and gives figures by name."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from bench.documents import INLINE, INPUT, WORKER
from bench.growth import Figures, live_runs, recovery
from bench.http_calls import http_1000
from bench.load import Load
from bench.looking_back import moments, rebuilt
from bench.stack import TOKEN, Bench, cpu_seconds, fresh
from bench.stores import Stores
from bench.waits import until_in_postgres, watermark
from infra.kafka import producer
from infra.kafka.following import Follower
from infra.kafka.offsets import watermarks
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotReader

RAW_RECORDS = 200_000
RAW_BYTES = 300
INLINE_RUNS = int(os.environ.get("AGENTOS_BENCH_INLINE_RUNS", "30000"))
WORKER_RUNS = int(os.environ.get("AGENTOS_BENCH_WORKER_RUNS", "12000"))
LATENCY_RUNS = int(os.environ.get("AGENTOS_BENCH_LATENCY_RUNS", "500"))
WARM_UP_RUNS = 2_000


def raw(stores: Stores, turn: int) -> Figures:
    """Confluent's client alone against the same broker: the ceiling."""
    with fresh(stores, f"raw{turn}.", ()) as bench:
        topic = f"{bench.prefix}events"
        sender = producer(bench.kafka)
        value = os.urandom(RAW_BYTES // 2).hex().encode()
        began = time.monotonic()
        for number in range(RAW_RECORDS):
            sender.produce(topic, value, key=str(number).encode())
            if number % 1000 == 0:
                sender.poll(0)
        sender.flush(60)
        produced_s = time.monotonic() - began
        follower = Follower(bench.kafka, {(topic, partition): 0 for partition in range(bench.partitions)})
        began, found = time.monotonic(), 0
        while found < RAW_RECORDS:
            found += len(follower.next_batch(1))
        consumed_s = time.monotonic() - began
        follower.close()
    return {
        "raw_produce_per_s": (RAW_RECORDS / produced_s, "records/s"),
        "raw_consume_per_s": (RAW_RECORDS / consumed_s, "records/s"),
    }


def inline(stores: Stores, turn: int) -> Figures:
    """Three inline steps with jq, with the snapshots stage writing to Postgres: until Postgres has them all."""
    with fresh(stores, f"inline{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, INLINE, commits_per_run=1)
        load.run(WARM_UP_RUNS, 1000)
        began, cpu = time.monotonic(), cpu_seconds(os.getpid())
        load.run(INLINE_RUNS, 4000)
        until_in_postgres(bench)
        took_s = time.monotonic() - began
        used_s = cpu_seconds(os.getpid()) - cpu
        load.close()
    return {
        "inline_3_step_per_s": (INLINE_RUNS / took_s, "workflows/s"),
        "inline_cpu_s_per_1000": (used_s / INLINE_RUNS * 1000, "CPU-seconds"),
    }


def inline_alone(stores: Stores, turn: int) -> Figures:
    """The same without the snapshots stage: until the last commit is read."""
    with fresh(stores, f"alone{turn}.", ("orchestrator",)) as bench:
        load = Load(bench, INLINE, commits_per_run=1)
        load.run(WARM_UP_RUNS, 1000)
        took_s = load.run(INLINE_RUNS, 4000)
        load.close()
    return {"inline_3_step_alone_per_s": (INLINE_RUNS / took_s, "workflows/s")}


def worker(stores: Stores, turn: int) -> Figures:
    """Three tasks of a separate worker process, at 2,000, 128 and 32 workflows in flight, with snapshots."""
    figures: Figures = {}
    with fresh(stores, f"worker{turn}.", ("orchestrator", "snapshots", "nodes")) as bench:
        load = Load(bench, WORKER, commits_per_run=4)
        load.run(WARM_UP_RUNS, 500)
        for in_flight, runs in ((2000, WORKER_RUNS), (128, WORKER_RUNS // 3), (32, WORKER_RUNS // 6)):
            cpu = cpu_seconds(os.getpid())
            took_s = load.run(runs, in_flight)
            used_s = cpu_seconds(os.getpid()) - cpu
            suffix = "" if in_flight == 2000 else f"_{in_flight}"
            figures[f"worker_3_step{suffix}_per_s"] = (runs / took_s, "workflows/s")
            figures[f"worker_3_step{suffix}_cpu_s_per_1000"] = (used_s / runs * 1000, "CPU-seconds")
        load.close()
    return figures


def latency(stores: Stores, turn: int, *, document: Mapping[str, Any], name: str) -> Figures:
    """One run at a time through the API: from the request to the completed result, in milliseconds."""
    with fresh(stores, f"latency-{name}{turn}.", ("orchestrator", "snapshots", "nodes", "api")) as bench:
        Load(bench, document, commits_per_run=1)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{bench.ports['api']}/api/v1",
            headers={"Authorization": f"Bearer {TOKEN}", "Prefer": "wait=30", "Content-Type": "application/json"},
            timeout=60,
        ) as client:
            head = document["document"]
            body = f'{{"workflow":"{head["namespace"]}/{head["name"]}:{head["version"]}","input":{INPUT}}}'
            times_ms = [_timed(client, body) for _ in range(LATENCY_RUNS + 100)][100:]
    cuts = statistics.quantiles(times_ms, n=100)
    return {f"latency_{name}_p{cut}_ms": (cuts[cut - 1], "ms") for cut in (50, 90, 99)}


def _timed(client: httpx.Client, body: str) -> float:
    began = time.perf_counter()
    response = client.post("/runs", content=body)
    took_ms = (time.perf_counter() - began) * 1000
    if response.status_code != 200 or response.json().get("status") != "completed":
        raise RuntimeError(f"expected a completed run, found {response.status_code}: {response.text[:300]}")
    return took_ms


def snapshot_lag(stores: Stores, turn: int) -> Figures:
    """How far Postgres is behind the log at half load, in milliseconds: sampled every 50 ms over the run."""
    rate_per_s, duration_s = 1500, 10
    with fresh(stores, f"lag{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, INLINE, commits_per_run=1)
        load.run(WARM_UP_RUNS, 1000)
        until_in_postgres(bench)
        lags_ms = _sample_lag(bench, load, rate_per_s, duration_s)
    return {"snapshot_lag_p99_ms": (statistics.quantiles(lags_ms, n=100)[98], "ms")}


def _sample_lag(bench: Bench, load: Load, rate_per_s: int, duration_s: float) -> list[float]:
    """Feed at a steady rate; the lag is the age of the oldest commit Postgres does not have yet."""
    topic = f"{bench.prefix}events"
    reader = SnapshotReader(Session(bench.database_url, application="bench"))
    ends: list[tuple[float, dict[int, int]]] = []
    lags_ms: list[float] = []
    began = time.monotonic()
    sent = 0
    while (now := time.monotonic()) - began < duration_s:
        due = int((now - began) * rate_per_s)
        for _ in range(due - sent):
            load.start_one()
        sent = max(sent, due)
        load.producer.poll(0)
        ends.append((now, {number: marks.high for number, marks in watermarks(bench.kafka, topic).items()}))
        have = {number: watermark(reader, number) for number in range(bench.partitions)}
        while ends and all(have[number] >= end for number, end in ends[0][1].items()):
            ends.pop(0)
        lags_ms.append((now - ends[0][0]) * 1000 if ends else 0.0)
        time.sleep(0.05)
    reader.close()
    return lags_ms


SCENARIOS: Mapping[str, Callable[[Stores, int], Figures]] = {
    "raw": raw,
    "inline": inline,
    "inline_alone": inline_alone,
    "worker": worker,
    "latency_inline": partial(latency, document=INLINE, name="inline"),
    "latency_worker": partial(latency, document=WORKER, name="worker"),
    "snapshot_lag": snapshot_lag,
    "recovery": recovery,
    "live_runs": live_runs,
    "http_1000": http_1000,
    "rebuild": rebuilt,
    "moments": moments,
}

#: Which scenario gives which figure.
FIGURES: Mapping[str, str] = {
    "raw_produce_per_s": "raw",
    "raw_consume_per_s": "raw",
    "inline_3_step_per_s": "inline",
    "inline_cpu_s_per_1000": "inline",
    "inline_3_step_alone_per_s": "inline_alone",
    **{f"worker_3_step{suffix}_per_s": "worker" for suffix in ("", "_128", "_32")},
    **{f"worker_3_step{suffix}_cpu_s_per_1000": "worker" for suffix in ("", "_128", "_32")},
    **{f"latency_inline_p{cut}_ms": "latency_inline" for cut in (50, 90, 99)},
    **{f"latency_worker_p{cut}_ms": "latency_worker" for cut in (50, 90, 99)},
    "snapshot_lag_p99_ms": "snapshot_lag",
    "http_1000_s": "http_1000",
    "recovery_events_per_s": "recovery",
    "recovery_from_log_s": "recovery",
    "recovery_from_snapshots_s": "recovery",
    **dict.fromkeys(("rebuild_events_per_s", "rebuild_commits_per_s", "rebuild_held_ms", "as_of_counts_ms"), "rebuild"),
    **dict.fromkeys(("state_at_events", "state_at_p50_ms", "state_at_max_ms"), "moments"),
}
