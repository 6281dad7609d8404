from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from streams.health import Health, HealthServer
from streams.metrics import Metrics


async def ask(port: int, request: bytes) -> tuple[int, str, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


def get(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture
def health() -> Health:
    return Health(metrics=Metrics("test"))


async def test_a_healthy_process_says_so(health: Health) -> None:
    server = HealthServer(health)
    await server.start()
    for path in ("/health/live", "/health/ready", "/health/ready?verbose=1"):
        status, _, body = await ask(server.port, get(path))
        assert (status, json.loads(body)) == (200, {"status": "ok", "reasons": []})
    await server.stop()


async def test_reasons_are_given_and_what_is_not_alive_is_not_ready(health: Health) -> None:
    health.ready.append(lambda: ["partition 3 is being recovered"])
    server = HealthServer(health)
    await server.start()
    assert (await ask(server.port, get("/health/live")))[0] == 200
    status, _, body = await ask(server.port, get("/health/ready"))
    assert status == 503
    assert json.loads(body)["reasons"] == ["partition 3 is being recovered"]
    health.alive.append(lambda: ["stuck"])
    assert (await ask(server.port, get("/health/live")))[0] == 503
    assert json.loads((await ask(server.port, get("/health/ready")))[2])["reasons"][0] == "stuck"
    await server.stop()


async def test_metrics_are_in_the_format_of_prometheus(health: Health) -> None:
    health.metrics.batch(12, 0.004)
    server = HealthServer(health)
    await server.start()
    status, head, body = await ask(server.port, get("/metrics"))
    assert status == 200
    assert "text/plain; version=0.0.4" in head
    assert b"agentos_records_total 12.0" in body
    assert (await ask(server.port, get("/metrics", "HEAD")))[2] == b""
    await server.stop()


@pytest.mark.parametrize("path", ["/", "/health", "/health/live/", "/health/live/x", "//health/live", "/metrics/../x"])
async def test_nothing_else_is_there(health: Health, path: str) -> None:
    assert health.answer(path).status == 404


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "OPTIONS"])
async def test_nothing_can_be_changed(health: Health, method: str) -> None:
    server = HealthServer(health)
    await server.start()
    assert (await ask(server.port, get("/health/live", method)))[0] == 405
    await server.stop()


async def test_noise_is_hung_up_on(health: Health) -> None:
    server = HealthServer(health)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"x" * 100_000)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert (await ask(server.port, get("/health/live")))[0] == 200
    await server.stop()
