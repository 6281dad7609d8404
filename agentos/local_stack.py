"""The composition of `agentos up`: which parts run on this machine, in which order, and what is said about them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from rich.console import Console

from agentos.roles import Role, role_environment, role_process
from agentos.shown import Screen
from agentos.stores import prepare_stores
from agentos.token import administrator_token
from infra.embedded.leftovers import clear_leftovers
from infra.embedded.lock import held
from infra.embedded.logs import FOLDER, log_path, rotate
from infra.embedded.ports import choose_port
from infra.embedded.stack import Stack, describe_stack
from infra.embedded.supervisor import Stage, Supervisor
from infra.settings import ServerSettings, Settings
from nodes.registry import load_registry

USUAL_PORT = 8400

#: The log file of what `agentos up` itself says.
LOG_NAME = "up"


def run_stack(settings: Settings, roles: Sequence[Role], console: Console) -> None:
    """Run the stores and `roles` until a signal. Raises `StackHeld`, `StackFailed` or `Unreachable` when it can't."""
    # Until the supervisor listens to signals itself, one ends this process as an error does: tidily.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    folder = settings.stack.data_dir
    (folder / FOLDER).mkdir(exist_ok=True)
    rotate(log_path(folder, LOG_NAME))
    screen = Screen(console, log_path(folder, LOG_NAME))
    with held(folder) as announce:
        for name in clear_leftovers(folder):
            screen.say(f"{name} was left over from a supervisor that was killed; it has ended")
        port = choose_port(folder, "api", settings.server.port, USUAL_PORT)
        address = local_address(settings.server, port)
        announce(address)
        stack = describe_stack(settings, screen)
        environment = role_environment(settings, stack, administrator_token(folder, settings.server), port)
        processes = tuple(role_process(role, settings, environment) for role in roles)
        stages = [Stage(parts=stack.parts, after=_preparation(settings, stack)), Stage(parts=processes)]
        # Not through the screen: the log keeps no token and no password.
        on_ready = partial(console.print, what_to_use(environment, roles, address), soft_wrap=True, highlight=False)
        asyncio.run(_supervise(settings, address, stages, (on_ready, screen)))
        screen.say("Stopped")


def local_address(server: ServerSettings, port: int) -> str:
    """Give the address of the API as seen from this machine."""
    host = "127.0.0.1" if server.host in ("0.0.0.0", "::", "localhost") else server.host  # noqa: S104
    return f"http://{host}:{port}/"


def what_to_use(environment: Mapping[str, str], roles: Sequence[Role], address: str) -> str:
    """Give what the user needs to get in: one address, or those of the stores when nothing else runs."""
    if roles:
        return f"AgentOS is up: {address}?token={environment['AGENTOS_TOKEN']}"
    names = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
    return "\n".join(["The stores are up:", *(f"{name}={environment[name]}" for name in names)])


def _preparation(settings: Settings, stack: Stack) -> Callable[[], Awaitable[None]]:
    async def prepare() -> None:
        types = sorted(load_registry(folder=settings.nodes.nodes_dir).types)
        await asyncio.to_thread(prepare_stores, stack, settings.kafka, types)

    return prepare


async def _supervise(
    settings: Settings, address: str, stages: list[Stage], shown: tuple[partial[None], Screen]
) -> None:
    on_ready, screen = shown
    await Supervisor(settings.stack.data_dir, address, screen.say).run(stages, on_ready)
