"""A run that goes on from a moment of another: which moments there are, and the state it begins with.

Theory of operation. A fork takes the state after an event and nothing else: the history stays with the run it is of, so
the work is the same however long that is. What was under way outside belongs to the other run, so the state is made
such that the rules take it up again by themselves: a task that waited for a worker or a child run waits for nothing and
is scheduled again, under the new run's id, and an approval is asked for again; timers keep the time they had left;
subscriptions stay, and are opened for the new run. Nothing here is told to anybody: the reactions to `RunForked` and
to what follows do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine import events as e
from engine.approvals import PURPOSES
from engine.definition.model import Definition
from engine.errors import CommandRejected
from engine.evolve_tree import reopen
from engine.fitting import check_fit, fit
from engine.moving import move
from engine.overrides import Overrides, override
from engine.recorded import MODES, Recorded, merged
from engine.state import RunState, Task, Timer

#: Bytes the state of a fork may have, with the results that go with it.
FORK_BYTES_MAX = 6 * 1024 * 1024

#: Waits for somebody who works for the other run: they begin anew.
_RENEWED = frozenset({"worker", "child", "slot", "approval"})
#: Timers of what begins anew.
_DROPPED = frozenset({"lease", *PURPOSES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """What a fork is to be. `before` and `after` are the definitions of the other run and of the new one."""

    run_id: str
    forked_from: str
    at_event: int
    #: When it is forked, Unix milliseconds.
    at_ms: int
    before: Definition
    after: Definition
    overrides: Overrides = field(default_factory=Overrides)
    mode: str = "live"
    recorded: Recorded = field(default_factory=Recorded)
    supersedes: bool = False
    #: Who forks it.
    by: str = ""


def settled(events: Sequence[e.Event], first: int, number: int) -> int:
    """Give the event that ends the step which the event `number` is part of, in a commit whose first is `first`.

    A step between two points where the rules could stop may leave several events, such as a time limit that ran out
    and the fault it causes. In the middle of one there is nothing to go on from, so it counts as its last event.
    """
    last = first + len(events) - 1
    while number < last and _is_owed(events[number - first], events[number - first + 1]):
        number += 1
    return number


def _is_owed(event: e.Event, following: e.Event) -> bool:
    """Tell whether the event is not the whole of what its step does: the next one belongs to it."""
    match event, following:
        case ((e.TaskCancelled() | e.SubscriptionClosed() | e.EventEmitted()), _):
            return True
        case e.TimerFired(), (e.TaskFaulted() | e.TaskCancelled() | e.RunFaulted()):
            return True
        case ((e.TaskStarted(path=path) | e.TaskRetried(path=path)), e.TimerStarted(path=timed)):
            return path == timed
        case e.ApprovalClosed(output=None), _:
            return True
        case e.NoticeScheduled(purpose="closed"), (
            e.NoticeScheduled() | e.TaskFaulted() | e.TaskCancelled() | e.RunCancelled() | e.RunFaulted()
        ):
            return True
        case e.RunReopened(how="skip"), e.TaskCompleted():
            return True
        case e.TaskScheduled(path=path), e.ResultReused(path=reused):
            return path == reused
        case _:
            return False


def forkable(events: Sequence[e.Event], first: int) -> Iterator[int]:
    """Yield the numbers of those events of a commit after which a run can be forked."""
    for number in range(first, first + len(events)):
        end = events[settled(events, first, number) - first]
        if not isinstance(end, e.RunCompleted | e.RunCancelled):
            yield number


def prepared(state: RunState, fork: Fork) -> RunState:
    """Make the state of the other run that of the new one, in place, and give it.

    Raises `CommandRejected` when there is nothing to go on with, or something asked for does not fit, and says why.
    """
    if fork.mode not in MODES:
        raise CommandRejected(f"expected a mode of {', '.join(MODES)}, found {fork.mode!r}")
    _take_up(state, fork)
    if fork.after is not fork.before:
        found = fit(state, fork.before, fork.after, fork.overrides.mapping)
        check_fit(found, fork.after)
        move(state, found.moves, found.reopened)
    # Nobody outside works for the new run yet.
    state.aliases = {}
    _renew(state, fork)
    override(state, fork.overrides, fork.after)
    _belong(state, fork)
    return state


def _take_up(state: RunState, fork: Fork) -> None:
    if state.status == "faulted" and state.wreck_scopes:
        # The task that faulted the run begins anew, as when it is retried.
        reopen(state)
    elif state.status in ("completed", "faulted", "cancelled"):
        why = " by its own input, output or time limit" if state.status == "faulted" else ""
        raise CommandRejected(f"the run is {state.status}{why} after event {fork.at_event}: fork it at an earlier one")
    elif not state.tasks:
        raise CommandRejected(f"run {fork.forked_from} has not begun at event {fork.at_event}")


def _renew(state: RunState, fork: Fork) -> None:
    """Let everything that was under way outside begin again."""
    shift_ms = fork.at_ms - state.updated_at_ms
    for task in [*state.tasks.values(), *state.wreck_tasks.values()]:
        task.started_at_ms += shift_ms
        task.asked.clear()
        if task.awaiting in _RENEWED:
            _begin_again(task)
    state.approvals, state.notices, state.decided = {}, {}, {}
    kept = [timer for timer in state.timers.values() if timer.purpose not in _DROPPED]
    state.timers = {timer.timer_id: _shifted(timer, fork, shift_ms) for timer in kept}


def _begin_again(task: Task) -> None:
    task.awaiting = task.node_type = task.arguments = task.secret_expressions = task.child_run_id = None
    task.deadline_ms = task.lease_until_ms = 0


def _shifted(timer: Timer, fork: Fork, shift_ms: int) -> Timer:
    """Give the timer with the time that was left; where nothing is done outside, nothing is waited for either."""
    is_skipped = fork.mode == "stub" and timer.purpose in ("wait", "retry")
    fire_at_ms = fork.at_ms if is_skipped else timer.fire_at_ms + shift_ms
    return Timer(timer_id=timer.timer_id, path=timer.path, purpose=timer.purpose, fire_at_ms=fire_at_ms)


def _belong(state: RunState, fork: Fork) -> None:
    """Make it a run of its own."""
    after = fork.after
    state.namespace, state.name, state.version = after.namespace, after.name, after.version
    state.run_id, state.seq, state.source, state.started_by = fork.run_id, 1, "fork", fork.by
    state.forked_from, state.forked_at, state.mode = fork.forked_from, fork.at_event, fork.mode
    state.recorded = merged(state.recorded, fork.recorded) if fork.mode != "live" else {}
    state.status, state.suspended, state.bounded, state.gate_id = "running", False, False, None
    state.output = state.error = state.error_path = state.superseded_by = None
    state.started_at_ms = state.updated_at_ms = fork.at_ms
    state.ended_at_ms = 0
    if not fork.supersedes:
        # Whoever started the other run waits for that one. Only what takes its place answers in its place.
        state.parent_run_id = state.parent_path = None
