"""What happens to tasks and to the lists of tasks (scopes) inside a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    """A task began with `input`, after `if` and `input.from`."""

    path: str
    kind: str
    input: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSkipped:
    """The task's `if` was false: its raw input is its output."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted:
    """A task ended with `output`, after `output.as`. A task that needs nothing from outside has this one event alone.

    `output` of `None` is the reported raw output if there is one, else the input. `then` is the flow directive that
    counts: a task name, `continue`, `exit` or `end`.
    """

    path: str
    output: str | None = None
    input: str | None = None
    context: str | None = None
    then: str = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFaulted:
    """A task ended by an error. Everything below it ended with it."""

    path: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled:
    """A task was stopped because nobody needs it any more. Everything below it ended with it.

    What it was waiting for is repeated here, so that the outside can be told.
    """

    path: str
    reason: str
    awaiting: str | None = None
    node_type: str | None = None
    attempt: int = 1
    child_run_id: str | None = None
    #: What it waited for, if it waited for CloudEvents.
    filters: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeStarted:
    """A list of tasks began: a body, iteration, attempt or handler. `variables` is a JSON object of names in force."""

    path: str
    #: The task it belongs to; empty for the workflow.
    owner: str
    #: JSON text that flows into its first task; `None` for its owner's input.
    data: str | None = None
    variables: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeCompleted:
    """A list of tasks came to its end; its data goes to its owner. `then` is `continue`, `exit` or `end`."""

    path: str
    then: str = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStarted:
    """A `for` evaluated its collection: `items` is a JSON array."""

    path: str
    items: str
    #: How many iterations may be live at once; 1 hands the data from one to the next.
    concurrency: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionPassed:
    """An extension around the task does not apply, because its `when` is false."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCaught:
    """A `try` caught `error`; its handler follows."""

    path: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriesExhausted:
    """The retry policy of a `try` allows no further attempt, and nothing handles its error: the error goes on."""

    path: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetried:
    """A `try` will run its body, or an agent its model call, again as attempt `attempt` (from 2) after `delay_ms`."""

    path: str
    attempt: int
    delay_ms: int
    error: str
