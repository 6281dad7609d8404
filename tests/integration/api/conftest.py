from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.kafka import KafkaConnection
from infra.postgres import create_database
from tests.integration.api.system import System, start_system


@pytest.fixture(scope="package")
def system(kafka: KafkaConnection, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A whole AgentOS for all tests of this folder."""
    started = start_system(tmp_path_factory.mktemp("system"), kafka, create_database(postgres_server, "api_tests"))
    yield started
    started.stop()
