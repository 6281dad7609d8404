"""The beginning of a run that goes on from a moment of another."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.decide.faulting import guarded
from engine.decide.intake import TOO_DEEP, is_too_deep, whole
from engine.decide.queueing import queue
from engine.decide.tasks import visit_of
from engine.decide.tasksize import excess_bytes
from engine.decide.transition import Transition, idle_paths
from engine.errors import CommandRejected
from engine.forking import FORK_BYTES_MAX, Fork, prepared
from engine.overrides import overrides_of
from engine.paths import ROOT
from engine.recorded import recorded_of
from engine.snapshot import dump, load
from engine.state import RunState


def fork_run(transition: Transition, order: c.ForkRun) -> None:
    """Let a run exist with the state of another, and go on from there; or first ask its gate."""
    if is_too_deep(order.overrides):
        raise CommandRejected(f"the overrides are not taken: {TOO_DEEP}")
    state = _loaded(order)
    text = dump(prepared(state, _fork(transition, order, (state.namespace, state.name, state.version))))
    if (size := excess_bytes(text, FORK_BYTES_MAX)) is not None:
        raise CommandRejected(f"the state of the fork has {size} bytes, the limit is {FORK_BYTES_MAX}")
    transition.emit(
        e.RunForked(
            forked_from=order.forked_from,
            at_event=order.at_event,
            state=text,
            overrides=whole(order.overrides),
            mode=order.mode,
            supersedes=order.supersedes,
        )
    )
    begin_fork(transition)


def begin_fork(transition: Transition) -> None:
    """Let a run with the state of another go on, or first ask its gate."""
    if transition.definition.gate is None:
        take_up(transition)
        return
    visit = visit_of(transition, transition.state.tasks[ROOT])
    guarded(transition, ROOT, lambda: queue(visit))


def take_up(transition: Transition) -> None:
    """Put everything on the agenda that can go on."""
    state = transition.state
    transition.agenda.extend(idle_paths(state))
    # One that has taken events may have enough of them, or go through them.
    transition.agenda.extend(task.path for task in state.tasks.values() if task.awaiting == "event")


def _loaded(order: c.ForkRun) -> RunState:
    try:
        state = load(order.state)
    except (LookupError, TypeError, ValueError) as error:
        raise CommandRejected(f"the state to fork cannot be read: {error!r}") from error
    if not isinstance(state, RunState):
        raise CommandRejected(f"{order.forked_from} is no run")
    return state


def _fork(transition: Transition, order: c.ForkRun, reference: tuple[str, str, str]) -> Fork:
    after = transition.definition
    before = transition.world.definitions(*reference)
    if before is None:
        raise CommandRejected(f"the definition {'/'.join(reference)} is not published")
    return Fork(
        run_id=transition.state.run_id,
        forked_from=order.forked_from,
        at_event=order.at_event,
        at_ms=transition.at_ms,
        before=before,
        after=after,
        overrides=overrides_of(order.overrides),
        mode=order.mode,
        recorded=recorded_of(order.recorded),
        supersedes=order.supersedes,
        by=transition.command.actor,
    )
