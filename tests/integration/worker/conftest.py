from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.kafka import KafkaConnection
from tests.integration.worker.bus import Bus


@pytest.fixture(scope="module")
def shared(
    kafka: KafkaConnection, tmp_path_factory: pytest.TempPathFactory, database_numbers: Callable[[], int]
) -> Iterator[Bus]:
    """Topics with one worker for all tests of a module that do not disturb it. Use run ids of your own."""
    bus = Bus(kafka, f"test-{database_numbers()}.", tmp_path_factory.mktemp("shared"))
    bus.start(
        AGENTOS_WORKER_CONCURRENCY="500",
        AGENTOS_PAYLOAD_BYTES="2000",
        AGENTOS_SECRET_TOKEN="pl4nted",
        AGENTOS_SECRET_SHOP='{"password": "als0-planted"}',
    )
    yield bus
    bus.stop()


@pytest.fixture
def bus(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path) -> Iterator[Bus]:
    """Topics without a worker, on one partition."""
    alone = Bus(kafka, topic_prefix, tmp_path, partitions=1)
    yield alone
    alone.stop()
