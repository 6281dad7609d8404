"""`call: agent`: from what an author wrote to lists of tasks, one for each thing that the loop does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine.definition import model as m
from engine.definition.agent_model import AgentBody, ModelBody
from engine.definition.calls import APPROVAL, node_body, with_policies
from engine.definition.loose import as_written, holds_loose
from engine.definition.values import split_secrets, text_of, value_of
from engine.paths import escape, pointer
from engine.templates import expression, is_expression
from engine.toolset import plain_name

if TYPE_CHECKING:
    from engine.definition.compile import Compiler

AGENT = "agent"

#: The variables a tool's `with` may use: what the model gave, and the name an MCP server has for the tool.
_ARGUMENTS = re.compile(r"\$arguments\b")

#: What an entry of `tools` says of itself; the rest is how it is called.
_KINDS = ("node", "mcp", "workflow")

#: What the plan of an agent has of an entry as it is.
_TOLD = ("description", "parameters", "policy", "allow")


def is_agent(use: dict[str, Any], name: str) -> bool:
    """Tell whether a `call` of this name is an agent."""
    return name == AGENT and name not in use.get("functions", {})


def agent_body(compiler: Compiler, task: dict[str, Any]) -> AgentBody:
    """Give the body of an agent."""
    arguments = task.get("with") or {}
    given = compiler.read({key: part for key, part in arguments.items() if key != "tools"})
    plan, secret_parts = (given, []) if holds_loose(given) else split_secrets(given)
    return AgentBody(
        plan=value_of(plan), secret_parts=tuple(secret_parts), tools=text_of([_known(*each) for each in _tools(task)])
    )


def agent_lists(compiler: Compiler, path: str, task: dict[str, Any]) -> None:
    """Compile the lists below the agent at `path`."""
    tools = _tools(task)
    _add(compiler, f"{path}/turns", [("0/model", "model", ModelBody())])
    _add(compiler, f"{path}/turns/tools", [_call(compiler.use, *each) for each in tools])
    for index, tool in tools:
        if "mcp" in tool:
            listing = {**tool["mcp"], "method": "tools/list"}
            body = node_body(as_written, "mcp", with_policies(compiler.use, listing))
            _add(compiler, f"{path}/discovery/{index}", [(f"0/{escape(name_of(index, tool))}", "call", body)])


def _tools(task: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate((task.get("with") or {}).get("tools") or ()))


def _add(compiler: Compiler, at: str, tasks: list[tuple[str, str, m.Body]]) -> None:
    """Add a list whose tasks are addressed by segment; each ends its list."""
    steps = tuple(
        m.Step(
            name=segment.partition("/")[2],
            pointer=pointer(f"{at}/{segment}"),
            segment=segment,
            kind=kind,
            body=body,
            definition=text_of({kind: segment.partition("/")[2]}),
            then="exit",
        )
        for segment, kind, body in tasks
    )
    compiler.lists[at] = m.TaskList(
        pointer=at, steps=steps, index_by_name={step.segment: index for index, step in enumerate(steps)}
    )
    compiler.steps.update({f"{at}/{step.segment}": step for step in steps})


def name_of(index: int, tool: dict[str, Any]) -> str:
    """Give the name of a tool: its own, else that of what it calls."""
    if "name" in tool:
        return str(tool["name"])
    if "node" in tool:
        return plain_name(str(tool["node"]))
    if "workflow" in tool:
        return plain_name(str(tool["workflow"]["name"]))
    return f"mcp{index}"


def _known(index: int, tool: dict[str, Any]) -> dict[str, Any]:
    """Give what the engine and the model must know of a tool."""
    name = name_of(index, tool)
    known: dict[str, Any] = {
        "entry": f"{index}/{escape(name)}",
        "name": name,
        "kind": next(kind for kind in _KINDS if kind in tool),
        "onError": tool.get("onError", "tell"),
    }
    return known | {key: tool[key] for key in _TOLD if key in tool}


def _call(use: dict[str, Any], index: int, tool: dict[str, Any]) -> tuple[str, str, m.Body]:
    """Give the task that a call of the tool is."""
    segment = f"{index}/{escape(name_of(index, tool))}"
    if "workflow" in tool:
        child = tool["workflow"]
        body = m.ChildBody(
            namespace=value_of(child["namespace"]),
            name=value_of(child["name"]),
            version=value_of(str(child.get("version", "latest"))),
            input=_input(child),
        )
        return segment, "run", body
    if "mcp" in tool:
        asked = {"name": "${ $tool }", "arguments": "${ $arguments }"}
        arguments = {**tool["mcp"], "method": "tools/call", "parameters": asked}
        return segment, "call", node_body(as_written, "mcp", with_policies(use, arguments))
    return segment, "call", _node(use, tool)


def _input(child: dict[str, Any]) -> m.Value:
    """Give the input of a child run: what the model gave, unless the author says how it is made of that."""
    return value_of(child["input"]) if "input" in child else m.Value(source="$arguments")


def _node(use: dict[str, Any], tool: dict[str, Any]) -> m.Body:
    """Give the work for a node: `with` if it says what becomes of the arguments, else the arguments below `with`."""
    fixed = with_policies(use, tool.get("with") or {})
    body = node_body(as_written, str(tool["node"]), fixed)
    arguments = body.arguments
    if not mentions_arguments(fixed):
        arguments = m.Value(source=f"$arguments + ({arguments.source or arguments.constant or '{}'}\n\n)")
    if body.node_type == APPROVAL:
        return m.ApprovalBody(arguments=arguments)
    return m.CallBody(node_type=body.node_type, arguments=arguments, secret_parts=body.secret_parts)


def mentions_arguments(part: Any) -> bool:
    """Tell whether an expression in `part` uses `$arguments`."""
    if isinstance(part, dict):
        return any(map(mentions_arguments, part.values()))
    if isinstance(part, list):
        return any(map(mentions_arguments, part))
    return isinstance(part, str) and is_expression(part) and bool(_ARGUMENTS.search(expression(part)))
