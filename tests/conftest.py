"""Real Kafka and Postgres for every test that asks: one of each for the whole session, in a folder of its own.

Both run on free ports and are stopped by their own pid. Nothing of the environment is used but the user's cache folder,
in which the Kafka jars are downloaded once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from infra.embedded.kafka_broker import bootstrap_servers, kafka_process
from infra.embedded.postgres_server import database_url as server_address
from infra.embedded.postgres_server import postgres_process
from infra.embedded.single import running
from infra.kafka import KafkaConnection
from infra.postgres import create_database, drop_database
from infra.settings import StackSettings


class Silent:
    """A progress nobody watches."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def advance(self, text: str, done_bytes: int, total_bytes: int) -> None:
        """Show nothing."""


@pytest.fixture(scope="session")
def stack_settings(tmp_path_factory: pytest.TempPathFactory) -> StackSettings:
    """Settings of an embedded stack in a fresh folder."""
    return StackSettings(data_dir=tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def broker(stack_settings: StackSettings) -> Iterator[str]:
    """Bootstrap servers of a real Kafka that runs for the whole session. Use topics with names of your own."""
    spec = kafka_process(stack_settings, Silent())
    with running(spec, stack_settings.data_dir / "kafka.log"):
        yield bootstrap_servers(spec)


@pytest.fixture(scope="session")
def kafka(broker: str) -> KafkaConnection:
    """The connection to that Kafka."""
    return KafkaConnection(bootstrap_servers=broker)


@pytest.fixture(scope="session")
def postgres_server(stack_settings: StackSettings) -> Iterator[str]:
    """Address of a real Postgres server that runs for the whole session."""
    spec = postgres_process(stack_settings, Silent())
    with running(spec, stack_settings.data_dir / "postgres.log"):
        yield server_address(stack_settings, spec)


@pytest.fixture(scope="session")
def database_url(postgres_server: str) -> str:
    """Address of one empty database for the whole session."""
    return create_database(postgres_server, "session")


@pytest.fixture
def fresh_database(postgres_server: str, database_numbers: Callable[[], int]) -> Iterator[str]:
    """Address of an empty database for one test."""
    name = f"test_{database_numbers()}"
    yield create_database(postgres_server, name)
    drop_database(postgres_server, name)


@pytest.fixture(scope="session")
def database_numbers() -> Callable[[], int]:
    """Gives 1, 2, 3, …"""
    numbers = itertools.count(1)
    return lambda: next(numbers)


@pytest.fixture
def topic_prefix(database_numbers: Callable[[], int]) -> str:
    """A topic prefix that no other test of the session has."""
    return f"test-{database_numbers()}."
