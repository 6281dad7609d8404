"""The tools of agents in a document: what is refused, and what the published definition holds of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentos.authoring import expression_check
from api.checking import checker
from engine.errors import InvalidDefinition
from language.expressions import accept_expressions
from language.resolving import Judge
from nodes.registry import load_registry

REGISTRY = load_registry()


def text(*tools: Any, **more: Any) -> str:
    """Give a document with an agent that has these tools."""
    with_ = {"provider": "scripted", "model": "m", "prompt": "go", "tools": list(tools), **more}
    document = {"dsl": "1.0.3", "namespace": "test", "name": "main", "version": "1.0.0"}
    return json.dumps({"document": document, "do": [{"ask": {"call": "agent", "with": with_}}]}, indent=1)


def published(*tools: Any, **more: Any) -> list[dict[str, Any]]:
    """Give the tools as the published definition has them."""
    judge = Judge(catalog=REGISTRY, check_expressions=accept_expressions)
    compiled = checker(judge)(text(*tools, **more)).definition
    found: list[dict[str, Any]] = json.loads(compiled.document)["do"][0]["ask"]["with"]["tools"]
    return found


@pytest.mark.parametrize(
    ("tool", "pointer", "message"),
    [
        ({"name": "x"}, "", "a tool is one of"),
        ({"node": "http", "workflow": {"namespace": "a", "name": "b"}}, "", "a tool is one of"),
        ({"node": "htp"}, "/node", 'there is no node type "htp" that can be a tool; did you mean'),
        ({"node": "agent"}, "/node", 'there is no node type "agent" that can be a tool'),
        ({"node": "http", "with": {"metod": "get"}}, "/with", "metod"),
        ({"node": "http", "with": {"endpoint": "${ $arguments.id }"}}, "/with", "write `parameters`"),
        ({"node": "http", "parameters": {"type": "objekt"}}, "/parameters", "objekt"),
        ("${ .tool }", "", "has to be written out"),
        ({"node": "http", "policy": "${ .policy }"}, "/policy", "has to be written out"),
        ({"mcp": "${ .server }"}, "/mcp", "has to be written out"),
        ({"workflow": {"namespace": "a", "name": "${ .name }"}}, "/workflow/name", "has to be written out"),
        ({"node": "http", "policy": "perhaps"}, "/policy", "perhaps"),
        ({"node": "http", "name": "no spaces"}, "/name", "no spaces"),
    ],
)
def test_a_tool_that_cannot_be_is_refused_where_it_stands(tool: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        published(tool)
    found = [(each.pointer, each.message) for each in refused.value.problems]
    where = f"/do/0/ask/with/tools/0{pointer}"
    assert any(at.startswith(where) and message in told for at, told in found), found


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="two tools are called"):
        published({"node": "http"}, {"node": "http"})


def test_a_schema_of_the_output_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="objekt"):
        published(output={"schema": {"type": "objekt"}})


def test_an_agent_needs_a_provider_that_there_is() -> None:
    with pytest.raises(InvalidDefinition, match="provider"):
        published(provider="nobody")


def test_the_definition_holds_what_the_registry_says_of_a_node() -> None:
    fixed = {"method": "get", "endpoint": "https://a.example", "retry": {}}
    (tool,) = published({"node": "http", "with": fixed})
    assert tool["description"].startswith("Calls a service over HTTP")
    assert set(tool["parameters"]["properties"]) == {"headers", "query", "body", "output", "redirect"}
    assert "required" not in tool["parameters"]
    assert tool["parameters"]["additionalProperties"] is False
    assert "$defs" not in tool["parameters"]


def test_what_the_author_says_of_a_tool_counts() -> None:
    own = {"node": "http", "description": "Looks.", "parameters": {"type": "object"}}
    assert published(own) == [own]


def test_only_the_definitions_that_a_schema_needs_are_kept() -> None:
    (tool,) = published({"node": "http", "with": {"method": "get"}})
    assert "endpoint" in tool["parameters"]["properties"]
    assert "Endpoint" in tool["parameters"]["$defs"]


def test_an_agent_may_be_a_function_of_the_document() -> None:
    tool = {"node": "http", "parameters": {"type": "object"}, "with": {"endpoint": "${ $arguments.id }"}}
    document = json.loads(text(tool))
    agent = document["do"][0]["ask"]
    whole = document | {"use": {"functions": {"helper": agent}}, "do": [{"ask": {"call": "helper"}}]}
    judge = Judge(catalog=REGISTRY, check_expressions=expression_check())
    compiled = checker(judge)(json.dumps(whole)).definition
    assert "/do/0/ask/call/0/helper/turns/tools" in compiled.lists
