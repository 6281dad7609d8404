"""What looking back costs: everything in Postgres made anew from the log, and counts as of an instant."""

from __future__ import annotations

import os
import statistics
import time

import psycopg

from bench.documents import INLINE
from bench.growth import Figures
from bench.load import Load
from bench.stack import fresh
from bench.stores import Stores
from bench.waits import until_in_postgres
from infra.event_log import EventLog
from infra.queries import queries
from schemas.topics import DEAD_LETTERS, DEFINITIONS, EVENTS, Topic
from streams.rebuild import RebuildParts, Wanted, rebuild

REBUILD_RUNS = int(os.environ.get("AGENTOS_BENCH_REBUILD_RUNS", "100000"))
AS_OF_TURNS = 9
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


def _as_of_ms(connection: psycopg.Connection[tuple[object, ...]]) -> float:
    """Give how long the counts of all runs as of a moment take."""
    row = connection.execute("select (min(at_ms) + max(at_ms)) / 2 from run_phases").fetchone()
    began = time.monotonic()
    wanted = {"at_ms": row[0] if row else 0, "namespace": None, "name": None, "version": None}
    connection.execute(COUNTS, wanted).fetchall()
    return (time.monotonic() - began) * 1000
