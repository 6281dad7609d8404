"""The state of one run: a tree of scopes and task instances, addressed by path. The fold fills it, the rules read it.

A scope is a list of tasks being worked through, one at a time. A task instance belongs to a scope and may own scopes.
Only live instances are here: what ended is in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.approvals import Approval, Notice
from engine.paths import ROOT

#: Situations of a run. The last three are final unless an operator reopens a faulted run.
STATUSES = ("pending", "queued", "running", "waiting", "suspended", "completed", "faulted", "cancelled")
FINAL = frozenset({"completed", "faulted", "cancelled"})

#: What a run may be waiting for without anybody working for it.
_WAITS = frozenset({"timer", "event", "child", "approval"})


@dataclass(slots=True, kw_only=True)
class Scope:
    """A list of tasks being worked through."""

    path: str
    #: Path of the task instance that owns it; the workflow's own is the empty path.
    owner: str
    #: JSON text that flows into the next task.
    data: str
    #: JSON object of the names the scope brings, such as a loop's item and index.
    variables: str | None = None
    #: Path of the task instance being worked on, if one is live.
    active: str | None = None
    #: Name of the last task that ended, and the flow directive it ended with.
    last: str | None = None
    then: str = "continue"
    #: How often each task of the list was entered, where more than once.
    passes: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Task:
    """A live task instance."""

    path: str
    #: Scope, or for a branch the `fork` task, it belongs to.
    parent: str
    #: Kind of task (`do`, `call`, `for`, …), or `entering` while only its entry is being evaluated.
    kind: str
    #: Raw input: what flowed in, before `input.from`.
    raw_input: str
    input: str
    started_at_ms: int
    #: Live scopes or branches below it, in order of their start.
    children: dict[str, None] = field(default_factory=dict)
    #: What it waits for from outside: `worker`, `timer`, `event`, `child`, `slot`, `approval`, or `None`.
    awaiting: str | None = None
    attempt: int = 1
    node_type: str | None = None
    #: Arguments as scheduled, kept to send the task again when its worker is lost.
    arguments: str | None = None
    secret_expressions: str | None = None
    deadline_ms: int = 0
    lease_until_ms: int = 0
    #: Raw output, once known and still being transformed.
    output: str | None = None
    #: Results by ordinal of ended iterations, branches, or consumed events: JSON texts.
    results: dict[int, str] = field(default_factory=dict)
    #: Ordinal of the last iteration, attempt or event that was begun.
    cursor: int = 0
    #: JSON array a loop goes through, and how many iterations may be live at once.
    items: str | None = None
    concurrency: int = 1
    #: Error that ended the scope `failed_scope` below and is not dealt with yet.
    error: str | None = None
    failed_scope: str | None = None
    #: Error a `try` caught and is handling.
    caught: str | None = None
    #: Extensions begun around this task; `exited` when one of them took the task's place.
    extended: int = 0
    exited: bool = False
    #: Answers of outside evaluations by slot: (value, error).
    answers: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    #: Slots whose evaluation is under way.
    asked: dict[str, None] = field(default_factory=dict)
    #: CloudEvents taken, in order, and how many of their items have changed the context.
    inbox: list[str] = field(default_factory=list)
    exported: int = 0
    #: How many of the oldest CloudEvents are not in the inbox any more, and the keys of the last of those.
    forgotten: int = 0
    taken: list[str] = field(default_factory=list)
    #: How many events each filter of a `listen` took.
    matched: dict[int, int] = field(default_factory=dict)
    filters: str | None = None
    correlation: str | None = None
    child_run_id: str | None = None
    #: The scope below it that ended last.
    last_scope: str | None = None
    #: Results of approvals it asked for beside its own, by their id: JSON texts.
    verdicts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Timer:
    """A durable timer."""

    timer_id: str
    path: str
    purpose: str
    fire_at_ms: int


@dataclass(slots=True, kw_only=True)
class RunState:
    """Everything known of one run after its last commit."""

    run_id: str
    #: Number of the last event, 0 before the first.
    seq: int = 0
    status: str = "pending"
    namespace: str = ""
    name: str = ""
    version: str = ""
    #: Raw workflow input.
    input: str = "null"
    context: str = "null"
    output: str | None = None
    error: str | None = None
    #: Where the error that faulted the run was raised.
    error_path: str | None = None
    source: str = "api"
    parent_run_id: str | None = None
    parent_path: str | None = None
    started_at_ms: int = 0
    updated_at_ms: int = 0
    ended_at_ms: int = 0
    #: Gate that admitted it, if a concurrency limit applies.
    gate_id: str | None = None
    #: Nothing new may start.
    suspended: bool = False
    #: A transition reached its bound and waits for `ContinueRun`.
    bounded: bool = False
    scopes: dict[str, Scope] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    #: The scopes and tasks above a fault nobody has caught yet, as they were: to reopen the run there.
    wreck_path: str | None = None
    wreck_scopes: dict[str, Scope] = field(default_factory=dict)
    wreck_tasks: dict[str, Task] = field(default_factory=dict)
    #: Who ordered the start; of a child run, who ordered its first ancestor's. Empty in logs from before it was kept.
    started_by: str = ""
    #: Open approvals, notices about them on their way, and how the last ones ended (JSON texts).
    approvals: dict[str, Approval] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)

    def drop_approval(self, approval: Approval) -> None:
        """Remove an approval with its timers and the notices that ask for an answer."""
        self.approvals.pop(approval.approval_id, None)
        for notice in [each for each in self.notices.values() if each.approval_id == approval.approval_id]:
            if notice.purpose != "closed":
                self.drop_notice(notice)
        for purpose in ("deadline", "reminder", "escalation"):
            self.timers.pop(f"{approval.approval_id}#{purpose}", None)

    def drop_notice(self, notice: Notice) -> None:
        """Remove a notice with the timer of its next attempt."""
        self.notices.pop(notice.notice_id, None)
        self.timers.pop(f"{notice.notice_id}#notice", None)

    #: Run whose state it began with, and the event of that run after which it was so.
    forked_from: str | None = None
    forked_at: int = 0
    #: Run that took its place.
    superseded_by: str | None = None
    #: `live`; `reuse`: results recorded for the same input are taken; `stub`: nothing is done outside.
    mode: str = "live"
    #: Results to take, by the digest of what they are of, in order: output, details.
    recorded: dict[str, list[list[str | None]]] = field(default_factory=dict)
    #: Paths under which the outside knows tasks that have moved since, by those paths.
    aliases: dict[str, str] = field(default_factory=dict)
    #: Results somebody gave for tasks, by their JSON Pointer in the definition.
    given: dict[str, str] = field(default_factory=dict)


def phase(state: RunState) -> str:
    """Give the standard's status phase: a running run in which nobody works on anything is `waiting`."""
    if state.status != "running":
        return state.status
    is_waiting = bool(state.approvals)
    for task in state.tasks.values():
        if task.asked or (task.awaiting is not None and task.awaiting not in _WAITS):
            return "running"
        is_waiting = is_waiting or task.awaiting is not None
    return "waiting" if is_waiting else "running"


__all__ = ["FINAL", "ROOT", "STATUSES", "RunState", "Scope", "Task", "Timer", "phase"]
