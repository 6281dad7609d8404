"""`decide`: what a command means for a run. Pure: the same state, command and world give the same events."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.decide.faults import complete, standard_error, text
from engine.decide.forks import begin_fork, fork_run
from engine.decide.gating import decide_gate
from engine.decide.orders import obey
from engine.decide.scheduling import decide_schedule
from engine.decide.starting import start_run
from engine.decide.tasks import advance_scope, advance_task
from engine.decide.transition import Transition
from engine.decide.world import Decision, Limits, World
from engine.definition.model import Definition
from engine.errors import CommandRejected
from engine.gates import GateState, ScheduleState
from engine.paths import ROOT
from engine.replay import fold
from engine.snapshot import State, copy_state
from engine.state import RunState

__all__ = ["Decision", "Limits", "World", "decide"]


def decide(state: State, command: c.Command, world: World) -> Decision:
    """Give the events a command leads to and the state after them. The given state stays as it was."""
    copied = copy_state(state)
    try:
        match copied:
            case RunState():
                return _decide_run(copied, command, world)
            case GateState():
                events = decide_gate(copied, command.body)
            case ScheduleState():
                events = decide_schedule(copied, command, world)
    except CommandRejected as rejected:
        copied = copy_state(state)
        events = [_rejection(command, rejected)]
    for event in events:
        fold(copied, event, command.at_ms)
    return Decision(events=tuple(events), state=copied)


def _rejection(command: c.Command, rejected: CommandRejected) -> e.CommandRejected:
    name = type(command.body).__name__
    return e.CommandRejected(command=name, reason=str(rejected), kind=rejected.kind, details=rejected.details)


def _decide_run(state: RunState, command: c.Command, world: World) -> Decision:
    order = command.body
    definition = _definition(state, order, world)
    if definition is None:
        if isinstance(order, c.StartRun) and order.parent_run_id is not None and not state.started_at_ms:
            return _stillborn(state, order, command.at_ms)
        raise CommandRejected(f"the definition {'/'.join(_wanted(state, order))} is not published")
    transition = Transition(state=state, definition=definition, command=command, world=world)
    if isinstance(order, c.StartRun) and not state.started_at_ms:
        start_run(transition, order)
    elif isinstance(order, c.ForkRun) and not state.started_at_ms:
        fork_run(transition, order)
    else:
        obey(transition, order)
    advance(transition)
    return Decision(events=tuple(transition.events), state=state)


def gone_on(state: RunState, command: c.Command, world: World) -> Decision:
    """Let a run that was just forked go on, as the rest of its first commit does. `state` is changed."""
    definition = world.definitions(state.namespace, state.name, state.version)
    if definition is None:
        raise CommandRejected(f"the definition {state.namespace}/{state.name}/{state.version} is not published")
    transition = Transition(state=state, definition=definition, command=command, world=world)
    begin_fork(transition)
    advance(transition)
    return Decision(events=tuple(transition.events), state=state)


def _stillborn(state: RunState, order: c.StartRun, at_ms: int) -> Decision:
    """Let a child run of an unknown definition exist and end at once: its parent waits for its end, and learns why."""
    error = standard_error("configuration", f"the definition {'/'.join(_wanted(state, order))} is not published")
    started = e.RunStarted(
        namespace=order.namespace,
        name=order.name,
        version=order.version,
        input=order.input,
        parent_run_id=order.parent_run_id,
        parent_path=order.parent_path,
        source=order.source,
        started_by=order.started_by,
    )
    events = (started, e.RunFaulted(error=text(complete(error, ROOT)), path=ROOT))
    for event in events:
        fold(state, event, at_ms)
    return Decision(events=events, state=state)


def _wanted(state: RunState, order: c.Order) -> tuple[str, str, str]:
    """Give the definition the run is bound to; for a start, the one it asks for."""
    if state.started_at_ms:
        return state.namespace, state.name, state.version
    if isinstance(order, c.StartRun | c.ForkRun):
        return order.namespace, order.name, order.version
    raise CommandRejected("there is no such run")


def _definition(state: RunState, order: c.Order, world: World) -> Definition | None:
    return world.definitions(*_wanted(state, order))


def advance(transition: Transition) -> None:
    """Work through the agenda until nothing can go on, the run ended or is suspended, or the bound is reached."""
    state, agenda = transition.state, transition.agenda
    while agenda and state.status == "running":
        if transition.is_bounded:
            transition.emit(e.TransitionBounded())
            return
        path = agenda.popleft()
        if (scope := state.scopes.get(path)) is not None:
            advance_scope(transition, scope)
        elif (task := state.tasks.get(path)) is not None:
            advance_task(transition, task)
