from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka import KafkaConnection
from tests.integration.streams.system import INLINE, WAIT, WORKER, System


@pytest.fixture
def system(kafka: KafkaConnection, topic_prefix: str, tmp_path: Path) -> Iterator[System]:
    """Topics of its own, with the definitions `inline`, `worker` and `wait`, and no process yet."""
    made = System(kafka=kafka, prefix=topic_prefix, folder=tmp_path)
    made.create(INLINE, WORKER, WAIT)
    yield made
    made.stop()
