from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.postgres import migrate
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotStore
from streams.snapshots.fold import Malformed
from streams.snapshots.stage import Outside, SnapshotsStage, StageLimits
from tests.chain_log import ChainLog


@pytest.fixture
def snapshots_url(fresh_database: str) -> str:
    migrate(fresh_database)
    return fresh_database


@pytest.fixture
def store(snapshots_url: str) -> Iterator[SnapshotStore]:
    store = SnapshotStore(Session(snapshots_url))
    yield store
    store.close()


@pytest.fixture
def malformed() -> list[tuple[int, Malformed]]:
    return []


@pytest.fixture
def log() -> ChainLog:
    return ChainLog()


@pytest.fixture
def stage(store: SnapshotStore, malformed: list[tuple[int, Malformed]], log: ChainLog) -> SnapshotsStage:
    outside = Outside(
        on_malformed=lambda partition, found: malformed.append((partition, found)),
        values_at=lambda _, offsets: [log.records[offset].value for offset in offsets],
    )
    return SnapshotsStage(store, StageLimits(every_commits=3), outside)
