"""One command's way through a run: events are emitted, folded at once, and lead to the next step.

The agenda holds the paths of scopes and tasks that may go on. What is on it can always be found again in the state
(`idle_paths`), so a transition can stop anywhere between two steps: at its bound, when suspended, or to wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine import events as e
from engine.commands import Command
from engine.decide.notices import announce
from engine.decide.world import Limits, World
from engine.definition.model import Definition, Step, TaskList
from engine.evolve import evolve
from engine.paths import ROOT, is_below
from engine.plain import plain
from engine.state import RunState, Task

#: What a task may await that somebody outside has to be told when it is over.
OUTSIDE = frozenset({"worker", "event", "child"})

#: Fields that may be long.
_PAYLOADS: dict[type[e.Event], tuple[str, ...]] = {
    e.TaskStarted: ("input",),
    e.TaskCompleted: ("output", "input", "context"),
    e.TaskFaulted: ("error",),
    e.TaskCancelled: ("filters",),
    e.TaskRetried: ("error",),
    e.ErrorCaught: ("error",),
    e.ScopeStarted: ("data", "variables"),
    e.LoopStarted: ("items",),
    e.TaskScheduled: ("arguments", "secret_expressions"),
    e.TaskReported: ("output", "details"),
    e.EvaluationRequested: ("data",),
    e.ValidationRequested: ("data",),
    e.SubscriptionOpened: ("filters",),
    e.SubscriptionClosed: ("filters",),
    e.EventReceived: ("event",),
    e.EventEmitted: ("event",),
    e.ItemExported: ("context",),
    e.ChildStarted: ("input",),
    e.ApprovalOpened: ("request",),
    e.ApprovalDecided: ("data", "comment"),
    e.ApprovalClosed: ("output", "comment"),
    e.NoticeScheduled: ("details",),
    e.AgentStarted: ("plan", "secret_expressions"),
    e.TurnStarted: ("told",),
    e.ToolCalled: ("arguments", "variables"),
    e.ToolRefused: ("arguments", "reason"),
    e.ToolFailed: ("error",),
    e.RunForked: ("state", "overrides"),
    e.ResultReused: ("output", "details"),
}


@dataclass(slots=True)
class Transition:
    """The run on its way from one state to the next."""

    state: RunState
    definition: Definition
    command: Command
    world: World
    events: list[e.Event] = field(default_factory=list)
    agenda: deque[str] = field(default_factory=deque)
    steps: int = 0
    payload_bytes: int = 0
    #: Characters of data that were evaluated, with those that were checked.
    work: int = 0

    @property
    def at_ms(self) -> int:
        """The instant of the command, Unix milliseconds: the only clock."""
        return self.command.at_ms

    @property
    def limits(self) -> Limits:
        """The bounds of transitions."""
        return self.world.limits

    def emit(self, event: e.Event) -> None:
        """Record an event and fold it at once."""
        evolve(self.state, event, self.command.at_ms)
        self.events.append(event)
        self.steps += 1
        self.payload_bytes += _size(event)

    def then(self, path: str) -> None:
        """Put a scope or task on the agenda."""
        self.agenda.append(path)

    @property
    def is_bounded(self) -> bool:
        """Tell whether the transition is as long as it may be."""
        limits = self.limits
        return (
            self.steps >= limits.steps_max
            or self.payload_bytes >= limits.commit_bytes_max
            or self.work >= limits.work_max
        )

    @property
    def is_crowded(self) -> bool:
        """Tell whether so much is live that nothing more may begin beside something that is."""
        return len(self.state.scopes) >= self.limits.live_scopes_max

    def step_at(self, path: str) -> Step:
        """Give the definition of the task at an instance path."""
        if path == ROOT:
            return self.definition.root
        return self.definition.steps[plain(path)]

    def list_at(self, path: str) -> TaskList:
        """Give the definition of the scope at an instance path."""
        return self.definition.lists[plain(path)]

    def set_timer(self, path: str, purpose: str, delay_ms: int) -> None:
        """Start a timer for the task at `path`. One that ends the task's wait has its path as id, others a suffix."""
        timer_id = path if purpose in ("wait", "retry") else f"{path}#{purpose}"
        fire_at_ms = self.at_ms + delay_ms
        self.emit(e.TimerStarted(timer_id=timer_id, path=path, purpose=purpose, fire_at_ms=fire_at_ms))

    def cancel_below(self, path: str, reason: str) -> None:
        """Tell the outside to stop what the task at `path` and those below it are waiting for."""
        self._close_approvals(path, reason)
        for task in self._waiting_below(path):
            self.emit(cancellation(task, reason))

    def cancel_all_but(self, scope_path: str, reason: str) -> None:
        """Tell the outside to stop everything, but leave what the scope at `scope_path` is part of in place."""
        self._close_approvals(ROOT, reason)
        for task in self._waiting_below(ROOT):
            if not is_below(scope_path, task.path):
                self.emit(cancellation(task, reason))
            elif task.awaiting == "event":
                self.emit(e.SubscriptionClosed(path=task.path, filters=task.filters))

    def _close_approvals(self, path: str, reason: str) -> None:
        """End the approvals of the task at `path` and those below it: nobody needs an answer any more."""
        open_now = [each for each in self.state.approvals.values() if each.path == path or is_below(each.path, path)]
        for approval in open_now:
            ending = e.ApprovalClosed(approval_id=approval.approval_id, decision="cancelled", comment=reason)
            self.emit(ending)
            announce(self, approval, "closed", ending)

    def _waiting_below(self, path: str) -> list[Task]:
        """Give the tasks at and below `path` that the outside works for, innermost first."""
        waiting = [
            task
            for task in self.state.tasks.values()
            if task.awaiting in OUTSIDE and (task.path == path or is_below(task.path, path))
        ]
        return sorted(waiting, key=lambda task: task.path.count("/"), reverse=True)


def _size(event: e.Event) -> int:
    return sum(len(getattr(event, name) or "") for name in _PAYLOADS.get(type(event), ()))


def cancellation(task: Task, reason: str) -> e.TaskCancelled:
    """Give the event that a waiting task is stopped, with what the outside must know."""
    return e.TaskCancelled(
        path=task.path,
        reason=reason,
        awaiting=task.awaiting,
        node_type=task.node_type,
        attempt=task.attempt,
        child_run_id=task.child_run_id,
        filters=task.filters if task.awaiting == "event" else None,
    )


def idle_paths(state: RunState) -> Iterator[str]:
    """Give everything that may be able to go on, in the order it came to be."""
    for scope in state.scopes.values():
        if scope.active is None:
            yield scope.path
    for task in state.tasks.values():
        if task.awaiting is None and not task.asked:
            yield task.path
