"""Events are facts about one run, past tense. The fold of a released event never changes: a new meaning is a new event.

A `Commit` holds what one command caused and is one record on the events topic. Payloads are JSON text; `None` for an
input means "the same as the raw input", for an output "the same as the input", for a context "unchanged".
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.events.agents import AgentStarted, ToolCalled, ToolFailed, ToolRefused, TurnStarted
from engine.events.approvals import (
    ApprovalClaimed,
    ApprovalClosed,
    ApprovalCommented,
    ApprovalDecided,
    ApprovalDelegated,
    ApprovalEscalated,
    ApprovalOpened,
    ApprovalReleased,
    ApprovalReminded,
    NoticeDelivered,
    NoticeFailed,
    NoticeScheduled,
)
from engine.events.gates import (
    ScheduleActivated,
    ScheduleCollected,
    ScheduleDeactivated,
    ScheduledRunEnded,
    ScheduleFired,
    ScheduleSetDropped,
    SlotGranted,
    SlotQueued,
    SlotRefused,
    SlotReleased,
    SlotRevoked,
)
from engine.events.outside import (
    ChildStarted,
    EvaluationCompleted,
    EvaluationRequested,
    EventEmitted,
    EventReceived,
    ItemExported,
    ItemsForgotten,
    ResultReused,
    SubscriptionClosed,
    SubscriptionOpened,
    TaskHeartbeat,
    TaskRedispatched,
    TaskReported,
    TaskScheduled,
    TimerFired,
    TimerStarted,
    ValidationRequested,
)
from engine.events.runs import (
    CommandRejected,
    RunAdmitted,
    RunCancelled,
    RunCompleted,
    RunFaulted,
    RunForked,
    RunMigrated,
    RunQueued,
    RunReopened,
    RunResumed,
    RunStarted,
    RunSuspended,
    TransitionBounded,
    TransitionContinued,
)
from engine.events.tasks import (
    ErrorCaught,
    ExtensionPassed,
    LoopStarted,
    RetriesExhausted,
    ScopeCompleted,
    ScopeStarted,
    TaskCancelled,
    TaskCompleted,
    TaskFaulted,
    TaskRetried,
    TaskSkipped,
    TaskStarted,
)

Event = (
    RunStarted
    | RunQueued
    | RunAdmitted
    | RunCompleted
    | RunFaulted
    | RunCancelled
    | RunSuspended
    | RunResumed
    | RunReopened
    | TransitionBounded
    | TransitionContinued
    | CommandRejected
    | TaskStarted
    | TaskSkipped
    | TaskCompleted
    | TaskFaulted
    | TaskCancelled
    | ScopeStarted
    | ScopeCompleted
    | LoopStarted
    | ExtensionPassed
    | ErrorCaught
    | RetriesExhausted
    | TaskRetried
    | TaskScheduled
    | TaskHeartbeat
    | TaskRedispatched
    | TaskReported
    | EvaluationRequested
    | EvaluationCompleted
    | TimerStarted
    | TimerFired
    | SubscriptionOpened
    | SubscriptionClosed
    | EventReceived
    | ItemExported
    | EventEmitted
    | ChildStarted
    | SlotGranted
    | SlotQueued
    | SlotRefused
    | SlotRevoked
    | SlotReleased
    | ScheduleActivated
    | ScheduleDeactivated
    | ScheduleFired
    | ScheduleCollected
    | ScheduleSetDropped
    | ScheduledRunEnded
    | ApprovalOpened
    | ApprovalClaimed
    | ApprovalReleased
    | ApprovalDelegated
    | ApprovalCommented
    | ApprovalDecided
    | ApprovalReminded
    | ApprovalEscalated
    | ApprovalClosed
    | NoticeScheduled
    | NoticeDelivered
    | NoticeFailed
    | AgentStarted
    | TurnStarted
    | ToolCalled
    | ToolRefused
    | ToolFailed
    | RunForked
    | ResultReused
    | RunMigrated
    | ItemsForgotten
    | ValidationRequested
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What one command caused: one record on the events topic, written whole or not at all.

    `parent` is the digest of the previous accepted commit of the partition (16 bytes; empty for the first): a reader
    accepts a commit only if its parent is the digest of the last one it accepted. `seq` is the first event's number.
    """

    run_id: str
    command_id: str
    command_offset: int
    actor: str
    at_ms: int
    parent: bytes
    seq: int
    events: tuple[Event, ...]
    #: From where the command was given, as the command says it; empty from inside.
    origin: str = ""


__all__ = [
    "ApprovalClaimed",
    "ApprovalClosed",
    "ApprovalCommented",
    "ApprovalDecided",
    "ApprovalDelegated",
    "ApprovalEscalated",
    "ApprovalOpened",
    "ApprovalReleased",
    "ApprovalReminded",
    "AgentStarted",
    "ChildStarted",
    "CommandRejected",
    "Commit",
    "ErrorCaught",
    "EvaluationCompleted",
    "EvaluationRequested",
    "Event",
    "EventEmitted",
    "EventReceived",
    "ExtensionPassed",
    "ItemExported",
    "ItemsForgotten",
    "LoopStarted",
    "NoticeDelivered",
    "NoticeFailed",
    "NoticeScheduled",
    "ResultReused",
    "RetriesExhausted",
    "RunAdmitted",
    "RunCancelled",
    "RunCompleted",
    "RunFaulted",
    "RunForked",
    "RunMigrated",
    "RunQueued",
    "RunReopened",
    "RunResumed",
    "RunStarted",
    "RunSuspended",
    "ScheduleActivated",
    "ScheduleCollected",
    "ScheduleDeactivated",
    "ScheduleFired",
    "ScheduleSetDropped",
    "ScheduledRunEnded",
    "ScopeCompleted",
    "ScopeStarted",
    "SlotGranted",
    "SlotQueued",
    "SlotRefused",
    "SlotReleased",
    "SlotRevoked",
    "SubscriptionClosed",
    "SubscriptionOpened",
    "TaskCancelled",
    "TaskCompleted",
    "TaskFaulted",
    "TaskHeartbeat",
    "TaskRedispatched",
    "TaskReported",
    "TaskRetried",
    "TaskScheduled",
    "TaskSkipped",
    "TaskStarted",
    "TimerFired",
    "TimerStarted",
    "ToolCalled",
    "ToolFailed",
    "ToolRefused",
    "TransitionBounded",
    "TransitionContinued",
    "TurnStarted",
    "ValidationRequested",
]
