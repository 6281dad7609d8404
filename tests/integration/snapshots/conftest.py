from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from infra.postgres import create_database, drop_database, migrate
from infra.postgres_session import Session
from infra.snapshots_store import SnapshotStore
from streams.snapshots.fold import Malformed
from streams.snapshots.stage import SnapshotsStage, StageLimits


@pytest.fixture
def snapshots_url(database_url: str) -> Iterator[str]:
    name = f"snapshots_{uuid.uuid4().hex[:12]}"
    url = create_database(database_url, name)
    migrate(url)
    yield url
    drop_database(database_url, name)


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
