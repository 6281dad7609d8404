"""Whether a part of the stack really answers: an open port alone says little."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import urllib.parse
from functools import partial

from infra.embedded.process import Probe

TIMEOUT_S = 2.0
CLOSED = "the port was closed without an answer"

#: ApiVersions, version 0, correlation id 1, no client id: what every Kafka answers before anything else.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)


def kafka_probe(port: int) -> Probe:
    """Give a probe that asks the broker on `port` which requests it knows."""
    return partial(_ask, "127.0.0.1", port, API_VERSIONS)


def http_probe(url: str) -> Probe:
    """Give a probe that expects a 2xx answer to GET `url`."""
    return partial(_get, urllib.parse.urlsplit(url))


async def always_ready() -> str | None:
    """Say that a process is ready as soon as it runs."""
    return None


async def _ask(host: str, port: int, request: bytes) -> str | None:
    try:
        answer = await asyncio.wait_for(_exchange(host, port, request), TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        return f"no answer on port {port}: {error!r}"
    return None if answer else CLOSED


async def _get(url: urllib.parse.SplitResult) -> str | None:
    host, port, path = url.hostname or "127.0.0.1", url.port or 80, url.path or "/"
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        answer = await asyncio.wait_for(_exchange(host, port, request), TIMEOUT_S)
    except (OSError, TimeoutError) as error:
        return f"no answer on port {port}: {error!r}"
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    status = head.partition("\r\n")[0]
    return None if status[8:10] == " 2" else f"{status} {body[:200]}".strip() or CLOSED


async def _exchange(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read(4096)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
