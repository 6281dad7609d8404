"""The tool calls of one answer: each checked, then made, refused, or put before a person. All of them side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine import events as e
from engine.conversation import spent
from engine.decide.agent_limits import check_limits
from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit, outer_variables, with_variables
from engine.evolve_agents import PENDING, call_path
from engine.state import Task
from engine.toolset import Tool, offered

#: Calls of one answer that are made; those beyond are refused.
CALLS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an answer."""

    number: int
    name: str
    id: str
    arguments: Any

    @property
    def text(self) -> str:
        """The arguments as JSON text."""
        return json.dumps(self.arguments, separators=(",", ":"), ensure_ascii=False)


def work_off(visit: Visit, task: Task, plan: dict[str, Any], wanted: Any) -> bool:
    """Begin each call of the present answer that is not begun; tell whether all of them have a result."""
    check_limits(plan, spent(task.inbox))
    calls = [_call(task.cursor, number, each) for number, each in enumerate(wanted, start=1)]
    tools = {tool.name: tool for tool in offered(plan, task.inbox)}
    transition = visit.transition
    for call in calls:
        if _is_begun(task, call.number):
            continue
        if task.children and transition.is_crowded:
            return False
        if transition.is_bounded:
            transition.then(task.path)
            return False
        _begin(visit, task, call, tools)
    return all(_has_result(task, call.number) for call in calls)


def _call(turn: int, number: int, given: Any) -> Call:
    part = given if isinstance(given, dict) else {}
    return Call(
        number=number,
        name=str(part.get("name")),
        id=str(part.get("id") or f"{turn}-{number}"),
        arguments=part.get("arguments", {}),
    )


def _has_result(task: Task, number: int) -> bool:
    return number in task.results and not task.results[number].startswith(PENDING)


def _is_begun(task: Task, number: int) -> bool:
    """Tell whether a call has a result or is live. One that a fault cut off has neither and begins again."""
    return _has_result(task, number) or call_path(task.path, task.cursor, number) in task.children


def _begin(visit: Visit, task: Task, call: Call, tools: dict[str, Tool]) -> None:
    tool = tools.get(call.name)
    reason = _refusal(visit, call, tool, sorted(tools))
    if tool is None or reason is not None:
        refused = e.ToolRefused(
            path=task.path,
            turn=task.cursor,
            number=call.number,
            name=call.name,
            call_id=call.id,
            arguments=call.text,
            reason=reason or "",
        )
        visit.transition.emit(refused)
        return
    if tool.policy == "ask":
        detail = f"the tool {tool.name} has the policy `ask`, and there are no approvals here yet; use `auto` or `deny`"
        raise Fault(standard_error("configuration", detail))
    make(visit, task, call, tool)


def make(visit: Visit, task: Task, call: Call, tool: Tool) -> None:
    """Make a call: a task of its own, with the arguments as variables."""
    own = {"arguments": call.text, "tool": json.dumps(tool.remote or tool.name)}
    visit.transition.emit(
        e.ToolCalled(
            path=task.path,
            turn=task.cursor,
            number=call.number,
            entry=tool.entry,
            name=call.name,
            call_id=call.id,
            arguments=call.text,
            variables=with_variables(outer_variables(visit), own),
        )
    )
    visit.transition.then(call_path(task.path, task.cursor, call.number))


def _refusal(visit: Visit, call: Call, tool: Tool | None, known: list[str]) -> str | None:
    """Say why a call is not made, `None` if it may be."""
    if call.number > CALLS_MAX:
        return f"too many calls in one answer: {CALLS_MAX} are made; call the others in the next turn"
    if tool is None:
        return f"there is no tool {call.name!r}; known are {', '.join(known) or 'none'}"
    if tool.policy == "deny":
        return f"the tool {call.name} must not be called here; do without it"
    if not isinstance(call.arguments, dict):
        return f"the arguments must be a JSON object, found {call.text[:80]}"
    return invalid(visit, tool, call.text)


def invalid(visit: Visit, tool: Tool, arguments: str) -> str | None:
    """Say why arguments do not fit the tool's schema, `None` if they do."""
    schema = json.dumps(tool.parameters, separators=(",", ":"))
    violations = visit.transition.world.ports.validator.violations(schema, arguments)
    return f"the arguments do not fit the tool's schema: {'; '.join(violations)}" if violations else None
