from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from nodes.http import Http
from nodes.http.arguments import HttpArguments
from tests.unit.nodes.service import Service, client, context, running_service

Call = Callable[..., Awaitable[Any]]


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as running:
        yield running


@pytest.fixture
async def call(service: Service) -> AsyncIterator[Call]:
    """Give a function that runs the node `http` against the service; `path` stands for an endpoint of it."""
    node = Http()
    async with client() as http:

        async def run(path: str | None = None, secrets: dict[str, Any] | None = None, **arguments: Any) -> Any:
            if path is not None:
                arguments["endpoint"] = service.url + path
            arguments.setdefault("method", "get")
            return await node.run(HttpArguments.model_validate(arguments), context(http, secrets))

        yield run
