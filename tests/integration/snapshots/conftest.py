from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.postgres import migrate
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotStore
from streams.snapshots.fold import Malformed
from streams.snapshots.stage import SnapshotsStage, StageLimits


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
def stage(store: SnapshotStore, malformed: list[tuple[int, Malformed]]) -> SnapshotsStage:
    return SnapshotsStage(
        store, StageLimits(every_commits=3), lambda partition, found: malformed.append((partition, found))
    )
