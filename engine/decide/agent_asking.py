"""A person's word on a single tool call: the policy `ask`. An approval shows the call; its arguments can be edited.

The id is `PATH#TURN.NUMBER`, such as `/do/0/ask#3.2`: the second call of the third turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.decide.approving import open_approval
from engine.decide.faults import Fault, standard_error
from engine.decide.visit import Visit
from engine.state import Task
from engine.toolset import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What became of the question: `arguments` if the call may be made, else `reason`."""

    arguments: Any = None
    reason: str | None = None


def approval_id(task: Task, number: int) -> str:
    """Give the id of the approval of a call of the present turn."""
    return f"{task.path}#{task.cursor}.{number}"


def word_on(visit: Visit, task: Task, tool: Tool, call: tuple[int, Any], terms: dict[str, Any]) -> Word | None:
    """Ask people, or give what they said; `None` while nobody has. `call` is its number and its arguments."""
    number, arguments = call
    where = approval_id(task, number)
    verdict = json.loads(task.verdicts.get(where, "null"))
    if verdict is None:
        if where not in visit.transition.state.approvals:
            open_approval(visit.transition, where, task.path, _request(tool, arguments, terms))
        return None
    match verdict["decision"]:
        case "approved":
            given = verdict.get("data")
            edited = given.get("arguments") if isinstance(given, dict) else None
            return Word(arguments=arguments if edited is None else edited)
        case "expired":
            detail = f"nobody decided on the call of the tool {tool.name} before the deadline of the approval"
            raise Fault(standard_error("timeout", detail))
        case decision:
            comment = f": {verdict['comment']}" if verdict.get("comment") else ""
            return Word(reason=f"a person did not allow this call ({decision.replace('_', ' ')}){comment}")


def _request(tool: Tool, arguments: Any, terms: dict[str, Any]) -> dict[str, Any]:
    """Give what is asked: the agent's `approval`, with the call itself in place of what it leaves out."""
    editable = {**tool.parameters, "title": "Arguments", "default": arguments}
    asked: dict[str, Any] = {
        "title": f"Call the tool {tool.name}?",
        "form": {"type": ["object", "null"], "properties": {"arguments": editable}},
        **terms,
    }
    shown: list[Any] = [{"title": "Arguments", "json": arguments}]
    if tool.description:
        shown.insert(0, {"title": tool.name, "text": tool.description})
    own = terms.get("context") or []
    return {**asked, "context": [*(own if isinstance(own, list) else [own]), *shown]}
