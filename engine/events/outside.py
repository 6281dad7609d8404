"""What a run asks of the outside and what it hears from there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScheduled:
    """Work for a node worker. `arguments` is the evaluated `with`.

    `secret_expressions` is a JSON array of `{pointer, source, input}`: parts of the arguments that need secrets, which
    the worker evaluates itself so that no secret is ever in the log.
    """

    path: str
    attempt: int
    node_type: str
    arguments: str
    secret_expressions: str | None = None
    #: When the task's own timeout ends, Unix milliseconds; 0 for none.
    deadline_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHeartbeat:
    """A worker holds the task until `lease_until_ms`."""

    path: str
    attempt: int
    worker: str
    lease_until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRedispatched:
    """The lease ran out: the task was sent to workers again, with the same attempt."""

    path: str
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReported:
    """A worker or child run gave `output` (the raw output) for the task; `details` are facts about the execution."""

    path: str
    attempt: int
    output: str
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequested:
    """An expression goes to a killable evaluator. `slot` says what it is for, `data` holds its input and variables."""

    path: str
    slot: str
    source: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRequested:
    """Data goes to a killable validator, which answers as an evaluator does: with a JSON array of sentences.

    `schema` is a JSON Schema, `data` what it is to fit, both JSON text.
    """

    path: str
    slot: str
    schema: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCompleted:
    """An evaluator answered with `value`, or with `error` (a sentence)."""

    path: str
    slot: str
    value: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStarted:
    """A timer was set. `purpose` is `wait`, `timeout`, `retry`, `lease`, `wallTime`, `attempt` or `schedule`."""

    timer_id: str
    path: str
    purpose: str
    fire_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """The timer's instant came."""

    timer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOpened:
    """A task waits for CloudEvents. `filters` is what `engine.matching` reads. A schedule has the path ``."""

    path: str
    filters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionClosed:
    """A task no longer waits for CloudEvents. `filters` are those it waited with, to find its subscription by."""

    path: str
    filters: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceived:
    """The task took this CloudEvent. `correlation` is a JSON object of the keys it fixed.

    An event of an `until` is not `kept`: it counts, but is no part of the output.
    """

    path: str
    filter_index: int
    event: str
    correlation: str | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsForgotten:
    """A `listen` without end is through with the oldest events it took, and keeps of each no more than its key.

    `keys` is a JSON array of the keys of those events, in order.
    """

    path: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemExported:
    """A `foreach` changed the context after the item with this ordinal (from 1)."""

    path: str
    ordinal: int
    context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEmitted:
    """The task gives out this CloudEvent."""

    path: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStarted:
    """The task starts a run of another workflow."""

    path: str
    child_run_id: str
    namespace: str
    name: str
    version: str
    input: str
    awaited: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReused:
    """The task took a result that was there already: nobody worked for it, nothing was paid for it.

    `origin` is `recorded` (of an earlier run, by the digest of what went in) or `given` (by whoever forked the run).
    `details` are the facts of the execution that the result is of.
    """

    path: str
    attempt: int
    output: str
    origin: str
    digest: str = ""
    details: str | None = None
