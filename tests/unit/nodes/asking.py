"""Asking the node type `model` in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from nodes.base import TaskContext
from nodes.errors import NodeError
from nodes.http.client import HttpClient
from nodes.model import Model
from nodes.model.arguments import ModelArguments
from nodes.provisions import ModelAccess, ModelRules, Provisions, instance_of
from tests.unit.nodes.model_server import ModelServer, running_model_server
from tests.unit.nodes.service import PlainServices, client, context


@dataclass
class Asking:
    """A node, the server behind it, and the context of the last call."""

    server: ModelServer
    http: HttpClient
    node: Model
    provider: str
    ctx: TaskContext | None = None

    async def __call__(self, *messages: Any, secrets: dict[str, Any] | None = None, **arguments: Any) -> Any:
        self.ctx = context(self.http, secrets)
        spoken = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
        given = {"provider": self.provider, "model": "some-model", "messages": spoken} | arguments
        return await self.node.run(ModelArguments.model_validate(given), self.ctx)

    async def failure(self, *messages: Any, **arguments: Any) -> NodeError:
        with pytest.raises(NodeError) as caught:
            await self(*messages, **arguments)
        return caught.value

    @property
    def services(self) -> PlainServices:
        assert self.ctx is not None
        assert isinstance(self.ctx.services, PlainServices)
        return self.ctx.services


@asynccontextmanager
async def asking(provider: str, key: str = "the-operators-key", **rules: Any) -> AsyncIterator[Asking]:
    """Give a model node whose provider is a server on loopback, as an operator may say in the settings."""
    async with running_model_server() as server, client() as http:
        access = ModelAccess(key=key, address=server.url)
        found = ModelRules(gemini=access, openai=access, **rules)
        yield Asking(server, http, instance_of(Model, Provisions(models=found)), provider)
