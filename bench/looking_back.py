"""What looking back costs: everything in Postgres made anew from the log, and counts as of an instant."""

from __future__ import annotations

import asyncio
import os
import statistics
import time

import psycopg

from bench.documents import INLINE, LONG
from bench.growth import Figures
from bench.load import Load
from bench.stack import Bench, fresh
from bench.stores import Stores
from bench.waits import until_in_postgres
from infra.event_log import EventLog
from infra.history import History
from infra.queries import queries
from infra.read_models import Database, Runs
from infra.settings import PostgresSettings
from schemas.topics import DEAD_LETTERS, DEFINITIONS, EVENTS, Topic
from streams.rebuild import RebuildParts, Wanted, rebuild

REBUILD_RUNS = int(os.environ.get("AGENTOS_BENCH_REBUILD_RUNS", "100000"))
AS_OF_TURNS = 9
BESIDE_RUNS = 2_000
#: Moments of the long run that are asked for.
MOMENTS = 60
COUNTS = queries("read_models")["count_runs_as_of"]


def rebuilt(stores: Stores, turn: int) -> Figures:
    """A rebuild of runs of three inline steps, compared row by row, and counts over them as of a moment halfway."""
    with fresh(stores, f"rebuild{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, INLINE, commits_per_run=1)
        load.run(REBUILD_RUNS, 4000)
        until_in_postgres(bench)
        load.close()

        def log(topic: Topic) -> EventLog:
            return EventLog(bench.kafka, topic.full_name(bench.prefix))

        parts = RebuildParts(
            database_url=bench.database_url,
            events=log(EVENTS),
            definitions=log(DEFINITIONS),
            dead_letters=log(DEAD_LETTERS),
            every_commits=100,
        )
        outcome = rebuild(parts, Wanted(is_compared=True))
        if outcome.differences:
            raise RuntimeError(f"expected what is rebuilt to be what was there, found {outcome.differences}")
        with psycopg.connect(bench.database_url) as connection:
            row = connection.execute("select sum(seq) from runs").fetchone()
            events = int(row[0]) if row else 0
            as_of_ms = [_as_of_ms(connection) for _ in range(AS_OF_TURNS)]
    return {
        "rebuild_events_per_s": (events / outcome.seconds, "events/s"),
        "rebuild_commits_per_s": (outcome.records / outcome.seconds, "commits/s"),
        "rebuild_held_ms": (outcome.held_s * 1000, "ms"),
        "as_of_counts_ms": (statistics.median(as_of_ms), "ms"),
    }


def moments(stores: Stores, turn: int) -> Figures:
    """The state of a run of more than 10,000 events after any of them, while others have run beside it."""
    with fresh(stores, f"moments{turn}.", ("orchestrator", "snapshots")) as bench:
        load = Load(bench, LONG, commits_per_run=1)
        run_id = load.start_one().decode()
        load.producer.flush(10)
        beside = Load(bench, INLINE, commits_per_run=1)
        beside.run(BESIDE_RUNS, 200)
        seq = _ended(bench.database_url, run_id)
        spread = range(1, seq + 1, max(1, seq // MOMENTS))
        took_ms = sorted(asyncio.run(_states(bench, run_id, spread)))
        load.close()
        beside.close()
    return {
        "state_at_events": (seq, "events"),
        "state_at_p50_ms": (statistics.median(took_ms), "ms"),
        "state_at_max_ms": (took_ms[-1], "ms"),
    }


async def _states(bench: Bench, run_id: str, seqs: range) -> list[float]:
    async with Database(bench.database_url, PostgresSettings()) as database:
        history = History(Runs(database), EventLog(bench.kafka, EVENTS.full_name(bench.prefix)), every_commits=100)
        took_ms = []
        for seq in seqs:
            began = time.monotonic()
            state = await history.state_at(run_id, seq)
            took_ms.append((time.monotonic() - began) * 1000)
            if state is None or state.seq != seq:
                raise RuntimeError(f"expected the state after event {seq}, found {state}")
        await history.close()
    # The first one opens connections.
    return took_ms[1:]


def _ended(database_url: str, run_id: str, deadline_s: float = 120) -> int:
    """Give the number of the last event of a run, once Postgres knows that it has ended."""
    ends_at = time.monotonic() + deadline_s
    while time.monotonic() < ends_at:
        with psycopg.connect(database_url) as connection:
            row = connection.execute("select status, seq from runs where run_id = %s", (run_id,)).fetchone()
        if row is not None and row[0] == "completed":
            return int(row[1])
        time.sleep(0.1)
    raise RuntimeError(f"expected run {run_id} to end within {deadline_s} s, found {row}")


def _as_of_ms(connection: psycopg.Connection[tuple[object, ...]]) -> float:
    """Give how long the counts of all runs as of a moment take."""
    row = connection.execute("select (min(at_ms) + max(at_ms)) / 2 from run_phases").fetchone()
    began = time.monotonic()
    wanted = {"at_ms": row[0] if row else 0, "namespace": None, "name": None, "version": None}
    connection.execute(COUNTS, wanted).fetchall()
    return (time.monotonic() - began) * 1000
