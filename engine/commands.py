"""Commands are orders to one run. Each leads to one commit: the events it caused, or `CommandRejected`.

A `Command` is the envelope; its `body` is one of the orders below. Payloads are JSON text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Begin a run of a published definition."""

    namespace: str
    name: str
    version: str
    #: JSON text of the raw workflow input.
    input: str
    #: True when the caller chose the run id by an idempotency key, so the run may exist already.
    keyed: bool = False
    #: Run and task path that started this run with `run: workflow`, if any.
    parent_run_id: str | None = None
    parent_path: str | None = None
    #: What started it: `api`, `schedule`, `event`, `workflow`.
    source: str = "api"
    #: Who ordered the start of its first ancestor, for a child run; else empty, and the command's actor counts.
    started_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueRun:
    """Go on after a transition that reached its bound. Sent by the orchestrator to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask:
    """A worker, evaluator or child run finished the task at `path`."""

    path: str
    attempt: int
    output: str
    #: JSON object of facts about the execution, such as tokens or the worker's name; `null` when there are none.
    details: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailTask:
    """A worker, evaluator or child run could not do the task. `error` is an RFC 7807 object."""

    path: str
    attempt: int
    error: str
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatTask:
    """A worker still works on the task: renew its lease for `lease_ms`."""

    path: str
    attempt: int
    worker: str
    lease_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FireTimer:
    """The instant of the timer has come."""

    timer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvent:
    """A CloudEvent matched the subscription of the task at `path`. `event` is its structured JSON."""

    path: str
    #: Which filter of the consumption strategy matched, from 0.
    filter_index: int
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """Stop the run for good."""

    reason: str = ""
    #: Run that takes its place, if one does.
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendRun:
    """Let nothing new start until the run is resumed; what is under way may finish and is kept."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRun:
    """Go on with a suspended run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTask:
    """Run the task that faulted this run again, from its input."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipTask:
    """Take `output` as the raw output of the task that faulted this run, or that is waiting, and go on."""

    path: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquireSlot:
    """Ask a gate (a concurrency limit) to let a run begin. Addressed to the gate's own id."""

    run_id: str
    limit: int
    #: What to do when the limit is reached: `queue`, `refuse` or `cancelOldest`.
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSlot:
    """Tell a gate that a run ended."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitRun:
    """The gate lets the run begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseRun:
    """The gate does not let the run begin."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateSchedule:
    """Let a published definition's `schedule` run. Addressed to the schedule's own id."""

    namespace: str
    name: str
    version: str
    #: JSON text of the definition's `schedule`.
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateSchedule:
    """Let a schedule start nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRunEnded:
    """Tell a schedule with `after` that its run ended."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartScheduled:
    """Events that `schedule.on` waits for came together: start a run with `input`, the array of them."""

    input: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnApproval:
    """Do something about an open approval, as the person the command's actor names.

    `act` is `approve`, `reject`, `request_changes`, `claim`, `release`, `delegate`, `comment` or `withdraw`.
    """

    approval_id: str
    act: str
    #: The form's data as JSON text.
    data: str = "null"
    comment: str = ""
    #: Whom to delegate to.
    to: str = ""
    #: Through which channel the person answered, and the groups the person is in, a JSON array.
    channel: str = "ui"
    groups: str = "[]"
    #: Digest of what the person was shown; empty if not known.
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkRun:
    """Begin a run with the state another one had after one of its events. Addressed to the new run's id."""

    forked_from: str
    #: Number of the event of the other run, and the state after it, as `engine.snapshot.dump` writes it.
    at_event: int
    state: str
    #: Definition the new run follows.
    namespace: str
    name: str
    version: str
    #: JSON object of what is to be different: see `engine.overrides`.
    overrides: str = "{}"
    #: `live`, `reuse` or `stub`.
    mode: str = "live"
    #: JSON object of recorded results: see `engine.recorded`.
    recorded: str = "{}"
    #: True when the new run takes the place of the other, which is cancelled then.
    supersedes: bool = False
    #: True when the caller chose the run id by an idempotency key, so the run may exist already.
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateRun:
    """Let a live run follow another version of its definition from here on."""

    version: str
    #: JSON object of where tasks are in that version, by name or JSON Pointer, old to new: see `engine.fitting`.
    mapping: str = "{}"
    reason: str = ""


Order = (
    StartRun
    | ContinueRun
    | CompleteTask
    | FailTask
    | HeartbeatTask
    | FireTimer
    | DeliverEvent
    | CancelRun
    | SuspendRun
    | ResumeRun
    | RetryTask
    | SkipTask
    | AcquireSlot
    | ReleaseSlot
    | AdmitRun
    | RefuseRun
    | ActivateSchedule
    | DeactivateSchedule
    | NoteRunEnded
    | StartScheduled
    | ActOnApproval
    | ForkRun
    | MigrateRun
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order to one run, as it lies on the commands topic.

    `at_ms` is the timestamp of the record, given by the broker (Unix milliseconds, UTC): the only clock the rules know.
    """

    run_id: str
    command_id: str
    #: Who ordered it: `user:NAME`, `worker:ID`, `timer`, `run:ID`, `orchestrator`.
    actor: str
    body: Order
    #: From where it was ordered, `CHANNEL:ADDRESS` such as `web:192.0.2.7` or `worker:node3`; empty from inside.
    origin: str = ""
    at_ms: int = 0
    offset: int = -1
