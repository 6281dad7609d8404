"""A service on loopback that speaks the protocols of Gemini (REST, server-sent events) and of OpenAI, as it is told."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Reply:
    """What one request gets: events, or an error with a body."""

    events: list[Any] = field(default_factory=list)
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ModelServer:
    url: str = ""
    replies: deque[Reply] = field(default_factory=deque)
    #: Path, headers and body of each request.
    seen: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)

    @property
    def asked(self) -> Any:
        return self.seen[-1][2]

    def then(self, *events: Any) -> None:
        self.replies.append(Reply(events=list(events)))

    def then_refuse(self, status: int, body: Any, **headers: str) -> None:
        self.replies.append(Reply(status=status, body=body, headers=headers))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append((request.path_qs, request.headers, body))
        reply = self.replies.popleft()
        if reply.status != 200:
            return web.json_response(reply.body, status=reply.status, headers=reply.headers)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in reply.events:
            text = event if isinstance(event, str) else json.dumps(event)
            await response.write(f"data: {text}\r\n\r\n".encode())
        return response

    async def image(self, request: web.Request) -> web.Response:
        kind = "image/png" if request.path.endswith(".png") else "text/html"
        return web.Response(body=b"\x89PNG", content_type=kind)


@asynccontextmanager
async def running_model_server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/{path:.*}", server.answer)
    app.router.add_get("/{path:.*}", server.image)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def gemini_event(*parts: dict[str, Any], end: str | None = None, **members: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return {"candidates": [candidate | ({"finishReason": end} if end else {})]} | members


def openai_event(end: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "gpt-x-2026", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
