"""The loop of an agent: ask the model, make the calls it wants, tell it what came of them, until it answers.

Every model call and every tool call is a task of its own, in a scope below the agent's task:

- `/do/0/ask/discovery/1/0/files`: what the MCP server `files`, tool 1 of the list, offers. Once, before anything else.
- `/do/0/ask/turns@3/0/model`: the model call of the third turn.
- `/do/0/ask/turns@3/tools@2/0/lookup`: the second tool call of that turn's answer, of tool 0, `lookup`.

So a finished call is in the log and never made again, whatever is killed and started anew, and each can be cancelled,
leased to another worker, or taken up again after a fault, like any task.
"""

from __future__ import annotations

import json
from typing import Any

from engine import events as e
from engine.conversation import messages, plain_text, spent
from engine.decide.agent_limits import check_limits, check_plan, wall_time_ms
from engine.decide.agent_tools import work_off
from engine.decide.faults import Fault, standard_error
from engine.decide.outside import secret_expressions
from engine.decide.settling import settled_arguments
from engine.decide.tasksize import check_size
from engine.decide.visit import Visit, outer_variables
from engine.definition.agent_model import AgentBody
from engine.evolve_agents import turn_path
from engine.state import Task
from engine.toolset import undiscovered

Result = tuple[str | None, str | None] | None


def proceed_agent(visit: Visit, task: Task, body: AgentBody) -> Result:
    """Take the loop as far as it goes."""
    if task.arguments is None:
        _begin(visit, task, body)
    plan: dict[str, Any] = json.loads(task.arguments or "{}")
    if _discover(visit, task, plan):
        return None
    if task.cursor == 0:
        _ask(visit, task, plan)
        return None
    if turn_path(task.path, task.cursor) in task.children:
        return None
    answer = _answer(task)
    calls = answer["message"].get("toolCalls")
    if not calls:
        return _conclude(visit, task, plan, answer)
    if work_off(visit, task, plan, calls):
        _ask(visit, task, plan)
    return None


def _begin(visit: Visit, task: Task, body: AgentBody) -> None:
    """Evaluate what the author wrote, once for all turns."""
    transition = visit.transition
    given, loose_secrets = settled_arguments(body.plan, visit.is_evaluable({"secrets": "{}"}))
    plan = json.loads(visit.evaluate("with", given, visit.input))
    check_plan(plan)
    _check_schema(visit, (plan.get("output") or {}).get("schema"))
    limit_ms = wall_time_ms(plan)
    tools = json.loads(body.tools)
    text = json.dumps(plan | ({"tools": tools} if tools else {}), separators=(",", ":"), ensure_ascii=False)
    secrets = secret_expressions(visit, (*body.secret_parts, *loose_secrets))
    check_size(transition, "plan of the agent", text)
    check_size(transition, "data of its secret expressions", secrets or "")
    transition.emit(e.AgentStarted(path=task.path, plan=text, secret_expressions=secrets))
    if limit_ms is not None:
        transition.set_timer(task.path, "wallTime", limit_ms)


def _check_schema(visit: Visit, schema: Any) -> None:
    """Raise a `Fault` for a schema of the output that is none. An expression may have given anything."""
    if schema is None:
        return
    is_object = isinstance(schema, dict)
    faults = visit.transition.world.ports.validator.faults(json.dumps(schema)) if is_object else ["it is no object"]
    if faults:
        raise Fault(standard_error("configuration", f"with.output.schema is no JSON Schema: {faults[0]}"))


def _discover(visit: Visit, task: Task, plan: dict[str, Any]) -> bool:
    """Ask each MCP server once what it offers; tell whether an answer is still awaited."""
    waiting = [(entry, f"{task.path}/discovery/{entry.partition('/')[0]}") for entry in undiscovered(plan, task.inbox)]
    for _, path in waiting:
        if path not in task.children:
            visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, variables=outer_variables(visit)))
            visit.transition.then(path)
    return bool(waiting)


def _ask(visit: Visit, task: Task, plan: dict[str, Any], told: str | None = None) -> None:
    """Begin the next turn, if the limits allow one; `told` is what the engine has to say first."""
    check_limits(plan, spent(task.inbox))
    turn = task.cursor + 1
    visit.transition.emit(e.TurnStarted(path=task.path, turn=turn, told=told))
    visit.transition.then(turn_path(task.path, turn))


def _answer(task: Task) -> dict[str, Any]:
    """Give the answer of the last turn. Somebody may have skipped the model call with anything."""
    answer = json.loads(task.inbox[-1]).get("answer")
    if not isinstance(answer, dict) or not isinstance(answer.get("message"), dict):
        raise Fault(standard_error("validation", f"the model call gave no message, found {answer!r:.80}"))
    return answer


def _conclude(visit: Visit, task: Task, plan: dict[str, Any], answer: dict[str, Any]) -> Result:
    """End with the answer, or send it back when it does not fit the schema of the output."""
    text = _text_of(answer)
    output = plan.get("output") or {}
    given = {"text": text}
    if output.get("schema") is None:
        _check_ending(answer)
    else:
        problem = _violations(visit, task.cursor, output["schema"], text)
        if problem is not None:
            message = f"The answer is not taken: {problem}. Answer with JSON that fits the schema, and nothing else."
            _ask(visit, task, plan, json.dumps([{"role": "user", "content": message}], ensure_ascii=False))
            return None
        given = {"output": json.loads(text), **given}
    took = spent(task.inbox)
    whole = given | {
        "messages": messages(plan, task.inbox),
        "turns": took.turns,
        "usage": took.usage,
        "cost": took.cost,
    }
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False), None


def _text_of(answer: dict[str, Any]) -> str:
    content = answer["message"].get("content")
    parts = content if isinstance(content, list) else [content]
    return "".join(
        plain_text(part.get("text", "")) if isinstance(part, dict) else part
        for part in parts
        if isinstance(part, dict | str)
    )


def _check_ending(answer: dict[str, Any]) -> None:
    """Raise a `Fault` for an answer that the provider cut off."""
    reason = answer.get("finishReason", "stop")
    if reason == "length":
        raise Fault(standard_error("runtime", "the model's answer was cut off at maxOutputTokens; allow more"))
    if reason not in ("stop", "tool_calls"):
        raise Fault(standard_error("runtime", f"the provider ended the model's answer: {reason!r:.80}"))


def _violations(visit: Visit, turn: int, schema: Any, text: str) -> str | None:
    """Say why an answer is not what the schema wants, `None` if it is."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"it is no JSON ({error})"
    return "; ".join(visit.violations(f"answer.{turn}.schema", json.dumps(schema), text)) or None
