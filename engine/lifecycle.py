"""The standard's lifecycle CloudEvents of runs and tasks, told from our own events.

The log does not say everything in words: a task that needs nothing from outside leaves one event at its end, and tasks
end with the one above them. So a commit is folded here event by event, and what is live before and after is compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from engine import events as e
from engine.events import Commit, Event
from engine.evolve import evolve
from engine.instants import iso8601
from engine.paths import ROOT, pointer
from engine.state import RunState, Task, phase

PREFIX = "io.serverlessworkflow."
STATUS_CHANGED = "status-changed"

#: Verb of the event of a run. The instant is under `VERBAt`.
_RUN: dict[type[Event], str] = {
    e.RunStarted: "started",
    e.RunForked: "started",
    e.RunSuspended: "suspended",
    e.RunResumed: "resumed",
    e.RunCancelled: "cancelled",
    e.RunFaulted: "faulted",
    e.RunCompleted: "completed",
}
#: Status phase of a task after an event with this verb.
_PHASES = {
    "created": "pending",
    "started": "running",
    "suspended": "suspended",
    "resumed": "running",
    "retried": "running",
    "cancelled": "cancelled",
    "faulted": "faulted",
    "completed": "completed",
}
#: After these events tasks may be gone that have no event of their own.
_ENDING = (
    e.TaskCompleted,
    e.TaskSkipped,
    e.TaskFaulted,
    e.ToolFailed,
    e.TaskCancelled,
    e.ScopeCompleted,
    e.ErrorCaught,
    e.RunCompleted,
    e.RunFaulted,
    e.RunCancelled,
)
_INSTANTS = {
    STATUS_CHANGED: "updatedAt",
    "correlation-started": "startedAt",
    "correlation-completed": "completedAt",
}


class Lifecycle(NamedTuple):
    """A lifecycle event: its kind, such as `task.started`, and the CloudEvent as structured JSON."""

    kind: str
    event: str

    @property
    def is_required(self) -> bool:
        """Whether the standard asks for it; changes of status repeat what the others say."""
        return not self.kind.endswith(STATUS_CHANGED)


def lifecycle_of(state: RunState, commit: Commit) -> list[Lifecycle]:
    """Fold a commit into `state`, the state before it, and give the lifecycle events it stands for."""
    teller = _Teller(state=state, at=iso8601(commit.at_ms), status=phase(state) if state.seq else "")
    for event in commit.events:
        teller.tell(event, commit.at_ms)
    teller.tell_status()
    return teller.told


@dataclass(slots=True, kw_only=True)
class _Teller:
    """One commit on its way into a state."""

    state: RunState
    at: str
    #: Status phase of the run that was told last.
    status: str
    told: list[Lifecycle] = field(default_factory=list)

    def tell(self, event: Event, at_ms: int) -> None:
        """Fold an event and tell what it means."""
        state = self.state
        path: str = getattr(event, "path", ROOT)
        before = state.tasks.get(path)
        was_told = before is not None and before.kind != "entering"
        correlation = before.correlation if before is not None else None
        live = _told(state) if isinstance(event, _ENDING) else {}
        evolve(state, event, at_ms)
        self._tell_task(event, path, was_told)
        if live:
            self._tell_gone(live, path)
        self._tell_run(event, correlation)

    def tell_status(self) -> None:
        """Tell the run's status phase if it has changed."""
        now = phase(self.state)
        # A queued run is pending in the words of the standard.
        now = "pending" if now == "queued" else now
        if now != self.status and self.state.seq:
            self.status = now
            self._of_run(STATUS_CHANGED, status=now)

    def _tell_run(self, event: Event, correlation: str | None) -> None:
        match event:
            case e.RunStarted() | e.RunForked():
                state = self.state
                reference = {"name": state.name, "namespace": state.namespace, "version": state.version}
                self._of_run("started", definition=reference)
                for path in _told(state):
                    self._begin(path)
            case e.RunFaulted():
                self._of_run("faulted", error=json.loads(event.error))
            case e.RunCompleted():
                self._of_run("completed", output=json.loads(event.output))
            case e.SubscriptionOpened():
                self._of_run("correlation-started")
            case e.SubscriptionClosed():
                keys = {} if correlation is None else {"correlationKeys": json.loads(correlation)}
                self._of_run("correlation-completed", **keys)
            case _ if (verb := _RUN.get(type(event))) is not None:
                self._of_run(verb)
                self._tell_pause(event)
            case _:
                return
        if isinstance(event, e.RunStarted | e.RunForked | e.RunSuspended | e.RunResumed):
            self.tell_status()

    def _tell_pause(self, event: Event) -> None:
        if isinstance(event, e.RunSuspended | e.RunResumed):
            verb = "suspended" if isinstance(event, e.RunSuspended) else "resumed"
            for path, task in _told(self.state).items():
                self._of_task(verb, path)
                if verb == "resumed" and task.awaiting in ("timer", "event", "approval"):
                    self._task_status(path, "waiting")

    def _tell_task(self, event: Event, path: str, was_told: bool) -> None:  # noqa: FBT001 - what was, not what to do
        match event:
            case e.TaskStarted() if event.kind != "entering":
                self._begin(path)
            case e.TaskCompleted():
                if not was_told:
                    self._begin(path)
                output = {} if event.output is None else {"output": json.loads(event.output)}
                self._of_task("completed", path, **output)
            case e.TaskFaulted() | e.ToolFailed():
                if not was_told:
                    self._begin(path)
                self._of_task("faulted", path, error=json.loads(event.error))
            case e.TaskCancelled() if was_told:
                self._of_task("cancelled", path)
            case e.TaskRetried() | e.RunReopened(how="retry"):
                self._of_task("retried", path)
            case e.SubscriptionOpened() | e.ApprovalOpened() | e.TimerStarted(purpose="wait" | "retry"):
                self._task_status(path, "waiting")
            case e.SubscriptionClosed():
                self._task_status(path, "running")
            case e.TimerFired() if (task := self.state.tasks.get(event.timer_id)) is not None:
                # A timer whose id is a path is one that its task waits for.
                self._task_status(task.path, "running")
            case _:
                pass

    def _tell_gone(self, live: dict[str, Task], path: str) -> None:
        """Tell of the tasks that ended with another, innermost first."""
        gone = [each for each in live if each not in self.state.tasks and each != path]
        for each in sorted(gone, key=lambda at: at.count("/"), reverse=True):
            self._of_task("cancelled", each)

    def _begin(self, path: str) -> None:
        self._of_task("created", path)
        self._of_task("started", path)

    def _of_run(self, verb: str, **details: object) -> None:
        data = {"name": qualified_name(self.state), _instant(verb): self.at, **details}
        self._add(f"workflow.{verb}", data, ROOT)

    def _of_task(self, verb: str, path: str, **details: object) -> None:
        if path != ROOT:
            data = {
                "workflow": qualified_name(self.state),
                "task": pointer(path),
                _instant(verb): self.at,
                **details,
            }
            self._add(f"task.{verb}", data, path)
            if verb != STATUS_CHANGED:
                self._task_status(path, _PHASES[verb])

    def _task_status(self, path: str, status: str) -> None:
        self._of_task(STATUS_CHANGED, path, status=status)

    def _add(self, kind: str, data: dict[str, object], path: str) -> None:
        state = self.state
        place = f"{state.run_id}/{state.seq}/{kind}{path}#{data.get('status', '')}"
        event = {
            "specversion": "1.0",
            "id": blake2b(place.encode(), digest_size=16).hexdigest(),
            "source": f"/agentos/{state.namespace}/{state.name}",
            "type": f"{PREFIX}{kind}.v1",
            "subject": state.run_id,
            "time": self.at,
            "datacontenttype": "application/json",
            "data": data,
        }
        self.told.append(Lifecycle(kind, json.dumps(event, separators=(",", ":"), ensure_ascii=False)))


def qualified_name(state: RunState) -> str:
    """Give `NAME-RUN.NAMESPACE`, the standard's name of a run."""
    return f"{state.name}-{state.run_id}.{state.namespace}"


def _told(state: RunState) -> dict[str, Task]:
    """Give the live tasks that were told of."""
    return {path: task for path, task in state.tasks.items() if path != ROOT and task.kind != "entering"}


def _instant(verb: str) -> str:
    return _INSTANTS.get(verb, f"{verb}At")


def kinds() -> Iterator[str]:
    """Yield every kind of lifecycle event there is."""
    for verb in (*dict.fromkeys(_RUN.values()), "correlation-started", "correlation-completed", STATUS_CHANGED):
        yield f"workflow.{verb}"
    for verb in (*_PHASES, STATUS_CHANGED):
        yield f"task.{verb}"
