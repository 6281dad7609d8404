"""The work of each kind of live task: called whenever it may go on, with nothing but the state to say how far it is.

Each function returns `None` while the task has to wait, else its raw output (`None` for its input) and a flow directive
where it gives one. All are idempotent: called again in the same state, they do the same.
"""

from __future__ import annotations

from engine import events as e
from engine.decide.agents import proceed_agent
from engine.decide.approving import proceed_approval
from engine.decide.branching import proceed_fork
from engine.decide.delays import milliseconds
from engine.decide.inline import INLINE, inline_output
from engine.decide.listening import proceed_listen
from engine.decide.looping import proceed_for
from engine.decide.model_calls import proceed_model
from engine.decide.outside import proceed_call, proceed_child
from engine.decide.trying import proceed_try
from engine.decide.visit import Visit, outer_variables
from engine.definition.agent_model import AgentBody, ModelBody
from engine.definition.model import (
    ApprovalBody,
    CallBody,
    ChildBody,
    DoBody,
    ForBody,
    ForkBody,
    FunctionBody,
    ListenBody,
    SwitchBody,
    TryBody,
    WaitBody,
)
from engine.state import Task

Result = tuple[str | None, str | None] | None


def proceed(visit: Visit, task: Task) -> Result:
    """Take a live task as far as it goes."""
    if task.kind in INLINE:
        return _inline(visit, task)
    match visit.step.body:
        case DoBody():
            return _do(visit, task)
        case CallBody():
            return proceed_call(visit, task, visit.step.body)
        case ApprovalBody():
            return proceed_approval(visit, task, visit.step.body)
        case FunctionBody():
            return _function(visit, task, visit.step.body)
        case ChildBody():
            return proceed_child(visit, task, visit.step.body)
        case WaitBody():
            return _wait(visit, task, visit.step.body)
        case ForBody():
            return proceed_for(visit, task, visit.step.body)
        case ForkBody():
            return proceed_fork(visit, task, visit.step.body)
        case TryBody():
            return proceed_try(visit, task, visit.step.body)
        case ListenBody():
            return proceed_listen(visit, task, visit.step.body)
        case AgentBody():
            return proceed_agent(visit, task, visit.step.body)
        case ModelBody():
            return proceed_model(visit, task)
        case _:
            raise AssertionError(f"{task.kind} is a kind of live task without work")


def _inline(visit: Visit, task: Task) -> Result:
    """An inline kind that became live, because of an extension."""
    if task.output is not None and not isinstance(visit.step.body, SwitchBody):
        return task.output, None
    return inline_output(visit)


def _do(visit: Visit, task: Task) -> Result:
    if task.children:
        return None
    if task.last_scope is not None:
        return task.output, None
    path = f"{task.path}/do"
    visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, variables=outer_variables(visit)))
    visit.transition.then(path)
    return None


def _function(visit: Visit, task: Task, body: FunctionBody) -> Result:
    if task.children:
        return None
    if task.last_scope is not None:
        return task.output, None
    path = f"{task.path}/call"
    data = visit.evaluate("with", body.arguments, visit.input) if body.arguments is not None else None
    visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, data=data, variables=outer_variables(visit)))
    visit.transition.then(path)
    return None


def _wait(visit: Visit, task: Task, body: WaitBody) -> Result:
    if task.output is not None:
        return task.output, None
    delay_ms = milliseconds(visit, "wait", body.duration)
    # Where nothing is done outside, nothing is waited for either.
    visit.transition.set_timer(task.path, "wait", 0 if visit.transition.state.mode == "stub" else delay_ms)
    return None
