"""The stores of a stack that runs on this machine, for commands that read them beside it."""

from __future__ import annotations

from pydantic import SecretStr

from agentos.commands.status import running_state
from infra.embedded.postgres_server import FOLDER, server_url
from infra.embedded.state import StackState
from infra.settings import Settings


def with_running_stores(settings: Settings) -> Settings:
    """Give the settings, with the addresses of the embedded stores that run in the data folder where none are named."""
    state = running_state(settings.stack.data_dir)
    if state is None:
        return settings
    kafka, postgres = settings.kafka, settings.postgres
    if kafka.bootstrap_servers is None and (port := _port(state, "kafka")) is not None:
        kafka = kafka.model_copy(update={"bootstrap_servers": f"127.0.0.1:{port}"})
    if postgres.database_url is None and (port := _port(state, "postgres")) is not None:
        url = SecretStr(server_url(settings.stack.data_dir / FOLDER, port))
        postgres = postgres.model_copy(update={"database_url": url})
    return settings.model_copy(update={"kafka": kafka, "postgres": postgres})


def _port(state: StackState, name: str) -> int | None:
    for process in state.processes:
        if process.name == name:
            return process.ports.get(name)
    return None
