"""The tools of an agent: those its plan names, and those that MCP servers offer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: What providers take as the name of a function.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
NAME_CHARACTERS_MAX = 64

ANYTHING: dict[str, Any] = {"type": "object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool as a model sees it, and how a call of it is made."""

    name: str
    description: str
    #: JSON Schema of its arguments.
    parameters: dict[str, Any]
    #: Which task a call of it is: `INDEX/NAME` in the agent's list of tools.
    entry: str
    #: `auto`, `ask` or `deny`.
    policy: str = "auto"
    #: What an error of a call is: `tell` the model, or `fault` the agent.
    on_error: str = "tell"
    #: The name that an MCP server has for it.
    remote: str | None = None

    def described(self) -> dict[str, Any]:
        """Give it as the node type `model` takes it."""
        return {"name": self.name, "description": self.description, "parameters": self.parameters}


def plain_name(name: str) -> str:
    """Give a name that every provider takes."""
    plain = _NOT_IN_NAMES.sub("_", name)
    return (plain if plain[:1].isalpha() else f"_{plain}")[:NAME_CHARACTERS_MAX]


def offered(plan: dict[str, Any], entries: Sequence[str]) -> list[Tool]:
    """Give every tool the model may call, in the order of the plan. The first of one name counts."""
    found = discovered(entries)
    tools: dict[str, Tool] = {}
    for part in plan.get("tools") or ():
        for tool in _remote(part, found.get(part["entry"])) if part["kind"] == "mcp" else (_own(part),):
            tools.setdefault(tool.name, tool)
    return list(tools.values())


def discovered(entries: Sequence[str]) -> dict[str, Any]:
    """Give what each MCP server said it offers, by the entry of the plan."""
    found = (json.loads(entry) for entry in entries if entry.startswith('{"tools":'))
    return {each["entry"]: each["tools"] for each in found}


def undiscovered(plan: dict[str, Any], entries: Sequence[str]) -> list[str]:
    """Give the entries of MCP servers that were not asked yet."""
    found = discovered(entries)
    wanted = (part["entry"] for part in plan.get("tools") or () if part["kind"] == "mcp")
    return [entry for entry in wanted if entry not in found]


def _own(part: dict[str, Any]) -> Tool:
    return Tool(
        name=part["name"],
        description=part.get("description") or "",
        parameters=part.get("parameters") or ANYTHING,
        entry=part["entry"],
        policy=_policy(part.get("policy"), part["name"]),
        on_error=part["onError"],
    )


def _remote(part: dict[str, Any], listed: Any) -> Iterator[Tool]:
    """Give the tools of an MCP server; those that `allow` leaves out are not offered."""
    allowed = part.get("allow")
    tools = listed.get("tools") if isinstance(listed, dict) else None
    for tool in tools if isinstance(tools, list) else ():
        name = tool.get("name") if isinstance(tool, dict) else None
        if not isinstance(name, str) or (allowed is not None and name not in allowed):
            continue
        schema = tool.get("inputSchema")
        yield Tool(
            name=plain_name(f"{part['name']}_{name}"),
            description=str(tool.get("description") or tool.get("title") or ""),
            parameters=schema if isinstance(schema, dict) else ANYTHING,
            entry=part["entry"],
            policy=_policy(part.get("policy"), name),
            on_error=part["onError"],
            remote=name,
        )


def _policy(given: Any, name: str) -> str:
    """Give the policy of a tool: one for all, or by name with `default` for the others."""
    found = given.get(name, given.get("default", "auto")) if isinstance(given, dict) else given
    return found if found in ("auto", "ask", "deny") else "deny" if found is not None else "auto"
