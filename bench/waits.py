"""Waiting for Postgres to have what the log has."""

from __future__ import annotations

import time

from bench.stack import Bench
from infra.kafka.offsets import watermarks
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotReader


def watermark(reader: SnapshotReader, partition: int) -> int:
    """Give the offset up to which Postgres has the partition."""
    mark = reader.watermark(partition)
    return 0 if mark is None else mark.offset + 1


def until_in_postgres(bench: Bench, deadline_s: float = 120) -> None:
    """Return when Postgres has everything that is in the log now."""
    topic = f"{bench.prefix}events"
    ends = {number: marks.high for number, marks in watermarks(bench.kafka, topic).items()}
    reader = SnapshotReader(Session(bench.database_url, application="bench"))
    ends_at = time.monotonic() + deadline_s
    while any(watermark(reader, number) < end for number, end in ends.items()):
        if time.monotonic() > ends_at:
            raise RuntimeError(f"Postgres did not catch up with the log within {deadline_s} s")
        time.sleep(0.02)
    reader.close()
