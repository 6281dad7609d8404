from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nodes.errors import STANDARD, NodeError
from nodes.mcp import Mcp
from nodes.mcp.arguments import McpArguments
from nodes.provisions import ProcessRules, Provisions, instance_of
from tests.unit.nodes.mcp_server import running_mcp_server
from tests.unit.nodes.service import client, context

SERVER = Path(__file__).parent / "mcp_server.py"
ON = ProcessRules(allowed=frozenset({"mcp"}), memory_bytes=2 * 1024**3)
STDIO = {"stdio": {"command": sys.executable, "arguments": [str(SERVER)], "environment": {"ONE": 1}}}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with running_mcp_server() as found:
        yield found


async def ask(transport: str | dict[str, Any], method: str, rules: ProcessRules = ON, **more: Any) -> Any:
    way = {"http": {"endpoint": transport}} if isinstance(transport, str) else transport
    allowed = more.pop("allowed", ("127.0.0.0/8",))
    async with client(allowed) as http:
        node: Any = instance_of(Mcp, Provisions(processes=rules))
        given = McpArguments.model_validate({"method": method, "transport": way} | more)
        return await node.run(given, context(http))


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


async def test_tools_prompts_and_resources_are_listed_and_used_over_http(url: str) -> None:
    tools = await ask(url, "tools/list")
    called = await ask(url, "tools/call", parameters={"name": "add", "arguments": {"a": 2, "b": 3}})
    prompt = await ask(url, "prompts/get", parameters={"name": "greet", "arguments": {"name": "Anna"}})
    resource = await ask(url, "resources/read", parameters={"uri": "shop://orders/7"})

    assert {"add", "fail"} <= {tool["name"] for tool in tools["tools"]}
    assert called["structuredContent"] == {"result": 5}
    assert prompt["messages"][0]["content"]["text"] == "Greet Anna"
    assert resource["contents"][0]["text"] == "seven"


async def test_a_tool_that_fails_is_an_error_of_the_task(url: str) -> None:
    error = await failure(ask(url, "tools/call", parameters={"name": "fail", "arguments": {}}))

    assert error.problem["type"] == STANDARD + "runtime"
    assert "Error executing tool fail" in error.problem["detail"]


async def test_parameters_that_do_not_fit_the_protocol_are_told(url: str) -> None:
    error = await failure(ask(url, "tools/call", parameters={"nome": "add"}))

    assert error.problem["type"] == STANDARD + "validation"
    assert "name" in error.problem["detail"]


async def test_the_guard_of_http_holds_for_servers_as_well(url: str) -> None:
    error = await failure(ask(url, "tools/list", allowed=()))

    assert error.problem["type"] == STANDARD + "authorization"
    assert "AGENTOS_HTTP_ALLOW_PRIVATE" in error.problem["detail"]


async def test_a_server_that_is_not_there_may_come_back() -> None:
    error = await failure(ask("http://127.0.0.1:1/mcp", "tools/list"))

    assert (error.problem["type"], error.retryable) == (STANDARD + "communication", True)


async def test_a_call_ends_at_its_timeout(url: str) -> None:
    error = await failure(ask(url, "tools/call", parameters={"name": "hang"}, timeout={"milliseconds": 700}))

    assert (error.problem["type"], error.retryable) == (STANDARD + "timeout", True)


async def test_servers_as_processes_are_off_until_an_operator_allows_them() -> None:
    error = await failure(ask(STDIO, "tools/list", ProcessRules()))

    assert "expected `mcp` in the setting AGENTOS_ALLOW_PROCESSES" in error.problem["detail"]


async def test_a_server_may_be_a_process_with_an_environment_of_its_own() -> None:
    called = await ask(STDIO, "tools/call", parameters={"name": "environment"})

    assert "ONE" in called["structuredContent"]["result"]
    assert not [name for name in called["structuredContent"]["result"] if name.startswith(("AGENTOS", "PYTEST"))]


async def test_a_process_that_is_no_server_is_told_with_what_it_said() -> None:
    wrong = {"stdio": {"command": "/bin/sh", "arguments": ["-c", "echo no such shop >&2; exit 1"]}}

    assert "no such shop" in (await failure(ask(wrong, "tools/list"))).problem["detail"]
