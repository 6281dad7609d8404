"""The small HTTP server of a role's process: `/health/live`, `/health/ready` with reasons, `/metrics`.

It answers GET and HEAD for exactly these paths and nothing else, reads no body, and shows no data of runs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from streams.metrics import CONTENT_TYPE, Metrics

JSON = "application/json"
REQUEST_BYTES = 8 * 1024
REQUEST_TIMEOUT_S = 5.0

#: Gives one sentence for each reason why not; empty when all is well.
Check = Callable[[], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    body: bytes
    content_type: str = JSON


@dataclass(slots=True, kw_only=True)
class Health:
    """What a process says of itself."""

    metrics: Metrics
    alive: list[Check] = field(default_factory=list)
    ready: list[Check] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        """Give the answer for a path."""
        match path:
            case "/health/live":
                return _verdict([reason for check in self.alive for reason in check()])
            case "/health/ready":
                return _verdict([reason for check in (*self.alive, *self.ready) for reason in check()])
            case "/metrics":
                return Answer(status=HTTPStatus.OK, body=self.metrics.page(), content_type=CONTENT_TYPE)
            case _:
                return Answer(status=HTTPStatus.NOT_FOUND, body=b'{"title": "Not Found", "status": 404}')


def _verdict(reasons: list[str]) -> Answer:
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    body = {"status": "unavailable" if reasons else "ok", "reasons": reasons}
    return Answer(status=status, body=json.dumps(body).encode())


@dataclass(slots=True)
class HealthServer:
    """Serves a `Health` on a port; 0 takes a free one."""

    health: Health
    host: str = "127.0.0.1"
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen; `port` is then the port."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(self._response(head))
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    def _response(self, head: bytes) -> bytes:
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            answer = Answer(
                status=HTTPStatus.METHOD_NOT_ALLOWED, body=b'{"title": "Method Not Allowed", "status": 405}'
            )
        else:
            answer = self.health.answer(path)
        return _as_bytes(answer, b"" if method == "HEAD" else answer.body)


def _as_bytes(answer: Answer, body: bytes) -> bytes:
    lines = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body
