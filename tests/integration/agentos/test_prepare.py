from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from agentos.commands import prepare
from infra.errors import InvalidSettings
from infra.kafka import KafkaConnection
from infra.settings import load_settings

RUNNER = CliRunner()


def command() -> typer.Typer:
    app = typer.Typer()
    prepare.register(app)
    return app


def test_topics_and_tables_are_made_once_and_can_be_asked_for_again(
    kafka: KafkaConnection, fresh_database: str
) -> None:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "DATABASE_URL": fresh_database,
        "AGENTOS_TOPIC_PREFIX": "prepared.",
    }

    first = RUNNER.invoke(command(), [], env=environment)
    again = RUNNER.invoke(command(), [], env=environment)

    assert first.exit_code == 0, first.output
    assert {"prepared.commands", "prepared.events", "prepared.tasks.http"} <= set(first.output.split())
    assert again.exit_code == 0, again.output
    assert "prepared." not in again.output


@pytest.mark.parametrize("missing", ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"])
def test_a_store_that_is_not_named_is_asked_for(missing: str) -> None:
    given = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    settings = load_settings({name: value for name, value in given.items() if name != missing})

    with pytest.raises(InvalidSettings, match=missing):
        prepare.outside_stores(settings)
