"""One process of a role: waits for Kafka, runs the Faust app, serves health, and ends well on SIGTERM and Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvloop

from infra.errors import Unreachable
from infra.kafka import KafkaConnection, wait_for_broker
from streams.app import App
from streams.health import Health, HealthServer

LOG = logging.getLogger(__name__)

#: How long leaving the group and committing offsets may take before the process ends anyway.
STOP_S = 5.0
CRASHED = 1


@dataclass(slots=True, kw_only=True)
class Stage:
    """What a process of a role consists of."""

    name: str
    app: App
    connection: KafkaConnection
    health: Health
    #: Run beside the app, for ever.
    background: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    is_started: bool = False

    def not_started(self) -> list[str]:
        """Give the reason why the stage is not ready while it is not."""
        return [] if self.is_started else [f"{self.name} has not joined its group yet"]


def run_stage(stage: Stage, *, host: str = "127.0.0.1", health_port: int | None = None) -> int:
    """Run until a signal or a crash; give the exit code."""
    stage.health.ready.append(stage.not_started)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(stage, HealthServer(stage.health, host, health_port or 0)))


async def _run(stage: Stage, server: HealthServer) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await server.start()
    LOG.info("%s: health on http://%s:%d/health/ready", stage.name, server.host, server.port)
    tasks = [asyncio.create_task(_work(stage)), *(asyncio.create_task(work()) for work in stage.background)]
    code = await _until_end(stopping, tasks)
    if not await _ends_in_time(stage, tasks):
        LOG.warning("%s did not stop within %.0f s; ending anyway", stage.name, STOP_S)
        logging.shutdown()
        # With its brokers away the app's stop ignores that it is cancelled; nothing here is lost by not waiting.
        os._exit(code)
    await server.stop()
    return code


async def _until_end(stopping: asyncio.Event, tasks: list[asyncio.Task[None]]) -> int:
    signalled = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([signalled, *tasks], return_when=asyncio.FIRST_COMPLETED)
    if signalled in done:
        return 0
    for task in done:
        if task is not signalled:
            LOG.critical("ended by an error", exc_info=task.exception())
    signalled.cancel()
    return CRASHED


async def _work(stage: Stage) -> None:
    await _wait_for_kafka(stage)
    await stage.app.start()
    stage.is_started = True
    await stage.app.wait_until_stopped()
    reason = stage.app.crash_reason
    raise RuntimeError(f"the app of {stage.name} stopped") from reason


async def _wait_for_kafka(stage: Stage) -> None:
    while True:
        try:
            await asyncio.to_thread(wait_for_broker, stage.connection, deadline_s=5)
            return
        except Unreachable as error:
            LOG.warning("%s waits for Kafka: %s", stage.name, error)


async def _ends_in_time(stage: Stage, tasks: list[asyncio.Task[None]]) -> bool:
    """Stop the app and the tasks beside it; tell whether they ended within `STOP_S`."""
    stop = asyncio.create_task(_stop(stage))
    done, _ = await asyncio.wait([stop], timeout=STOP_S)
    for task in tasks:
        task.cancel()
    _, pending = await asyncio.wait(tasks, timeout=1)
    return bool(done) and not pending


async def _stop(stage: Stage) -> None:
    if stage.is_started:
        await stage.app.stop()
