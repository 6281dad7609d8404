"""What happens to a run as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run exists. `input` is the raw input."""

    namespace: str
    name: str
    version: str
    input: str
    parent_run_id: str | None = None
    parent_path: str | None = None
    source: str = "api"
    #: Who ordered it; of a child run, who ordered its first ancestor's start.
    started_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQueued:
    """The run waits for a place below a concurrency limit, held by the gate `gate_id`."""

    gate_id: str
    limit: int
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAdmitted:
    """The gate let the run begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted:
    """The run ended well with `output`."""

    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFaulted:
    """The run ended by an error nobody caught (an RFC 7807 object). `path` is where it was raised."""

    error: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled:
    """The run was stopped for good. What waits for it waits for the run `superseded_by`, if there is one."""

    reason: str
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSuspended:
    """Nothing new starts until `RunResumed`."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """The run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReopened:
    """An operator took a faulted run up again, at the task at `path`, by retrying (`retry`) or skipping (`skip`) it."""

    path: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionBounded:
    """The transition reached its bound; the rest follows with `ContinueRun`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionContinued:
    """The rest of a bounded transition follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRejected:
    """The command was not possible then. Nothing changed but the record of it."""

    command: str
    reason: str
    #: Which sort of refusal it is, such as `closed` or `forbidden`, and JSON text with more of it; mostly empty.
    kind: str = ""
    details: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForked:
    """The run exists, with the state another one had after its event `at_event`: `state` as `engine.snapshot` dumps it.

    `overrides` is what was asked to be different; it is in the state already. The first event of its run.
    """

    forked_from: str
    at_event: int
    state: str
    overrides: str = "{}"
    mode: str = "live"
    supersedes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMigrated:
    """The run follows another version of its definition from here on.

    `moves` is a JSON object of places that are elsewhere in it, old to new, `reopened` a JSON array of the paths (as
    they were) of `listen` tasks that begin to wait anew.
    """

    version: str
    from_version: str
    moves: str = "{}"
    reopened: str = "[]"
    reason: str = ""
