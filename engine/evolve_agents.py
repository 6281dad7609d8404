"""The fold of what happens inside an agent. Its task keeps the conversation: `arguments` is the plan, `inbox` has the
entries that `engine.conversation` reads, `results` those of the present turn's tool calls, `cursor` counts the turns.
"""

from __future__ import annotations

import json

from engine import events as e
from engine.errors import CorruptHistory
from engine.evolve_tree import drop_scope, drop_task, scope_at, scope_path_of, task_at
from engine.state import RunState, Scope, Task

AGENT = "agent"

#: How the result of a tool call begins that is still under way.
PENDING = '{"pending":true,'


def turn_path(agent: str, turn: int) -> str:
    """Give the path of the scope of a turn."""
    return f"{agent}/turns@{turn}"


def call_path(agent: str, turn: int, number: int) -> str:
    """Give the path of the scope of a tool call."""
    return f"{turn_path(agent, turn)}/tools@{number}"


AgentEvent = e.AgentStarted | e.TurnStarted | e.ToolCalled | e.ToolRefused | e.ToolFailed


def evolve_agent(state: RunState, event: AgentEvent) -> None:
    """Fold an event of an agent."""
    match event:
        case e.AgentStarted():
            task = _agent_at(state, event.path)
            task.arguments, task.secret_expressions = event.plan, event.secret_expressions
        case e.TurnStarted():
            _turned(state, event)
        case e.ToolCalled():
            _called(state, event)
        case e.ToolRefused():
            known = {"id": event.call_id, "name": event.name, "refused": event.reason}
            _agent_at(state, event.path).results[event.number] = _text(known)
        case e.ToolFailed():
            _failed(state, event)


def _agent_at(state: RunState, path: str) -> Task:
    task = task_at(state, path)
    if task.kind != AGENT:
        raise CorruptHistory(f"run {state.run_id}, event {state.seq}: expected an agent at {path}, found {task.kind}")
    return task


def _turned(state: RunState, event: e.TurnStarted) -> None:
    """What the tools gave, and what the engine has to say, becomes part of the conversation; a scope begins."""
    agent = _agent_at(state, event.path)
    if agent.results:
        agent.inbox.append(f'{{"results":[{",".join(agent.results[number] for number in sorted(agent.results))}]}}')
        agent.results.clear()
    if event.told is not None:
        agent.inbox.append(f'{{"told":{event.told}}}')
    agent.cursor = event.turn
    agent.verdicts.clear()
    agent.answers.clear()
    path = turn_path(agent.path, event.turn)
    _begin(state, agent, Scope(path=path, owner=agent.path, data=agent.input))


def _called(state: RunState, event: e.ToolCalled) -> None:
    """A scope begins at one of the tasks of its list."""
    agent = _agent_at(state, event.path)
    known: dict[str, object] = {"pending": True, "id": event.call_id, "name": event.name}
    if event.edited:
        known["edited"] = json.loads(event.arguments)
    agent.results[event.number] = _text(known)
    path = call_path(agent.path, event.turn, event.number)
    scope = Scope(path=path, owner=agent.path, data=agent.input, variables=event.variables, last="", then=event.entry)
    _begin(state, agent, scope)


def _begin(state: RunState, agent: Task, scope: Scope) -> None:
    if scope.path in state.scopes:
        raise CorruptHistory(f"run {state.run_id}: scope {scope.path} began twice")
    state.scopes[scope.path] = scope
    agent.children[scope.path] = None


def _failed(state: RunState, event: e.ToolFailed) -> None:
    """A tool call ended by an error, which is its result."""
    scope = scope_at(state, scope_path_of(event.path))
    agent = _agent_at(state, scope.owner)
    if (task := state.tasks.get(event.path)) is not None:
        drop_task(state, task)
    drop_scope(state, scope.path)
    agent.children.pop(scope.path, None)
    _result(agent, scope.path, f'"error":{event.error}')


def ended(agent: Task, scope: Scope) -> None:
    """A model call, a tool call or a look at a server's tools ended with the data of its scope."""
    last = scope.path[len(agent.path) + 1 :].rpartition("/")[2]
    if scope.path.startswith(f"{agent.path}/discovery/"):
        entry = _text(f"{last}/{(scope.last or '').partition('/')[2]}")
        agent.inbox.append(f'{{"tools":{scope.data},"entry":{entry}}}')
    elif last.startswith("turns@"):
        agent.inbox.append(f'{{"answer":{scope.data}}}')
    else:
        _result(agent, scope.path, f'"output":{scope.data}')


def _result(agent: Task, scope_path: str, member: str) -> None:
    number = int(scope_path.rpartition("@")[2])
    agent.results[number] = f"{{{agent.results[number][len(PENDING) : -1]},{member}}}"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
