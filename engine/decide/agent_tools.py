"""The tool calls of one answer: each checked, then made, refused, or put before a person. All of them side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from engine import events as e
from engine.conversation import spent
from engine.decide.agent_asking import word_on
from engine.decide.agent_limits import check_limits
from engine.decide.visit import Visit, outer_variables, with_variables
from engine.evolve_agents import PENDING, call_path
from engine.state import Task
from engine.toolset import Tool, offered

#: Calls of one answer that are made; those beyond are refused.
CALLS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an answer. Arguments that are no JSON object are a text."""

    number: int
    name: str
    id: str
    arguments: Any
    #: Whether a person changed the arguments.
    edited: bool = False

    @property
    def text(self) -> str:
        """The arguments as JSON text."""
        return json.dumps(self.arguments, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The calls of one answer at work."""

    visit: Visit
    task: Task
    tools: dict[str, Tool]
    #: What the author says of approvals of single calls.
    terms: dict[str, Any]

    def begin(self, call: Call) -> None:
        """Make a call, refuse it, or ask people about it."""
        tool = self.tools.get(call.name)
        reason = self._refusal(call, tool)
        if tool is None or reason is not None:
            self._refuse(call, reason or "")
        elif tool.policy == "ask":
            self._ask(call, tool)
        else:
            self._make(call, tool)

    def _ask(self, call: Call, tool: Tool) -> None:
        """Do what people say about a call, once they did."""
        word = word_on(self.visit, self.task, tool, (call.number, call.arguments), self.terms)
        if word is None:
            return
        if word.reason is not None:
            self._refuse(call, word.reason)
            return
        allowed = replace(call, arguments=word.arguments, edited=word.arguments != call.arguments)
        reason = self._refusal(allowed, tool)
        if reason is not None:
            self._refuse(allowed, reason)
            return
        self._make(allowed, tool)

    def _make(self, call: Call, tool: Tool) -> None:
        """Make a call: a task of its own, with the arguments as variables."""
        own = {"arguments": call.text, "tool": json.dumps(tool.remote or tool.name)}
        called = e.ToolCalled(
            path=self.task.path,
            turn=self.task.cursor,
            number=call.number,
            entry=tool.entry,
            name=call.name,
            call_id=call.id,
            arguments=call.text,
            variables=with_variables(outer_variables(self.visit), own),
            edited=call.edited,
        )
        self.visit.transition.emit(called)
        self.visit.transition.then(call_path(self.task.path, self.task.cursor, call.number))

    def _refuse(self, call: Call, reason: str) -> None:
        refused = e.ToolRefused(
            path=self.task.path,
            turn=self.task.cursor,
            number=call.number,
            name=call.name,
            call_id=call.id,
            arguments=call.text,
            reason=reason,
        )
        self.visit.transition.emit(refused)

    def _refusal(self, call: Call, tool: Tool | None) -> str | None:
        """Say why a call is not made, `None` if it may be."""
        if call.number > CALLS_MAX:
            return f"too many calls in one answer: {CALLS_MAX} are made; call the others in the next turn"
        if tool is None:
            return f"there is no tool {call.name!r}; known are {', '.join(sorted(self.tools)) or 'none'}"
        if tool.policy == "deny":
            return f"the tool {call.name} must not be called here; do without it"
        if not isinstance(call.arguments, dict):
            return f"the arguments must be a JSON object, found {call.text[:80]}"
        schema = json.dumps(tool.parameters, separators=(",", ":"))
        if tool.remote is not None and self.visit.transition.world.ports.validator.faults(schema):
            # A server's schema that is none says nothing; the server itself judges the arguments.
            return None
        slot = f"call.{self.task.cursor}.{call.number}.{'edited' if call.edited else 'given'}.schema"
        violations = self.visit.violations(slot, schema, call.text)
        return f"the arguments do not fit the tool's schema: {'; '.join(violations)}" if violations else None


def work_off(visit: Visit, task: Task, plan: dict[str, Any], wanted: Any) -> bool:
    """Begin each call of the present answer that is not begun; tell whether all of them have a result."""
    check_limits(plan, spent(task.inbox))
    calls = [_call(task.cursor, number, each) for number, each in enumerate(wanted, start=1)]
    tools = {tool.name: tool for tool in offered(plan, task.inbox)}
    at_work = Round(visit=visit, task=task, tools=tools, terms=plan.get("approval") or {})
    transition = visit.transition
    for call in calls:
        if _is_begun(task, call.number):
            continue
        if task.children and transition.is_crowded:
            return False
        if transition.is_bounded:
            transition.then(task.path)
            return False
        at_work.begin(call)
    return all(_has_result(task, call.number) for call in calls)


def _call(turn: int, number: int, given: Any) -> Call:
    part = given if isinstance(given, dict) else {}
    return Call(
        number=number,
        name=str(part.get("name")),
        id=str(part.get("id") or f"{turn}-{number}"),
        arguments=part.get("invalidArguments", part.get("arguments", {})),
    )


def _has_result(task: Task, number: int) -> bool:
    return number in task.results and not task.results[number].startswith(PENDING)


def _is_begun(task: Task, number: int) -> bool:
    """Tell whether a call has a result or is live. One that a fault cut off has neither and begins again."""
    return _has_result(task, number) or call_path(task.path, task.cursor, number) in task.children
