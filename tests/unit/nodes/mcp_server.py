"""A real MCP server: over HTTP on loopback (`running_mcp_server`), or on its standard streams when run as a program."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("shop")


@server.tool()
def add(a: int, b: int) -> int:
    """Give the sum."""
    return a + b


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("out of stock")


@server.tool()
def environment() -> list[str]:
    """Give the names of the environment variables."""
    return sorted(os.environ)


@server.tool()
async def hang() -> str:
    """Never answer."""
    await asyncio.Event().wait()
    return ""


@server.prompt()
def greet(name: str) -> str:
    """Greet."""
    return f"Greet {name}"


@server.resource("shop://orders/7")
def order() -> str:
    """Give an order."""
    return "seven"


@asynccontextmanager
async def running_mcp_server() -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(server.streamable_http_app(), log_level="error", timeout_graceful_shutdown=1)
    http = uvicorn.Server(config)
    serving = asyncio.create_task(http.serve([listener]))
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        http.should_exit = True
        await serving


if __name__ == "__main__":
    server.run("stdio")
