"""Functions of the standard that this version does not have: a document that uses one is told so."""

from __future__ import annotations

from typing import Any, NoReturn

from nodes.base import TaskContext
from nodes.errors import fault


class _Unavailable:
    version = "0.0.0"
    icon = "ban"
    name: str
    instead: str
    With = Any
    Output = None

    async def run(self, with_: Any, ctx: TaskContext) -> NoReturn:  # noqa: ARG002  # it does nothing with them
        """Refuse."""
        raise fault("configuration", f"`{self.name}` is not available in this version; {self.instead}")


class Container(_Unavailable):
    """Not available in this version: `run: container`."""

    name = "container"
    instead = "use `run: script` or `run: shell`, or start the container by a service of yours and call that"


class Grpc(_Unavailable):
    """Not available in this version: calls of gRPC services."""

    name = "grpc"
    instead = "use `call: http` or `call: openapi` if the service has a gateway, or a node type of your own"


class AsyncApi(_Unavailable):
    """Not available in this version: operations of AsyncAPI documents."""

    name = "asyncapi"
    instead = "use `emit` and `listen` for CloudEvents, or `call: kafka` to write to a topic"


class A2A(_Unavailable):
    """Not available in this version: agents that speak A2A."""

    name = "a2a"
    instead = "use `call: mcp` or `call: http`"
