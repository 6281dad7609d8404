"""What requests and answers look like: checked on the way in, described in OpenAPI both ways."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from infra.read_models import RunSort

#: Names that the workflow language gives to namespaces and workflows (RFC 1123 labels, a little wider).
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^/:\s]+$")]
Json = Any
Status = Literal["pending", "queued", "running", "waiting", "suspended", "completed", "faulted", "cancelled"]


class Request(BaseModel):
    """A body that holds nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WorkflowReference(Request):
    """A published workflow. Without a version, the highest one."""

    namespace: Name
    name: Name
    version: str | None = Field(None, min_length=1, max_length=128)


class StartRequest(Request):
    """What to run."""

    workflow: WorkflowReference | str = Field(description="`namespace/name`, `namespace/name:version`, or an object.")
    input: Json = Field(default_factory=dict, description="Raw input of the workflow, any JSON value.")


class RunQuery(BaseModel):
    """Which runs to list, in which order, how many, and from where on. Instants are inclusive and have a time zone."""

    model_config = ConfigDict(extra="forbid")

    status: list[Status] = Field(default_factory=list)
    namespace: str | None = None
    name: str | None = None
    version: str | None = None
    source: str | None = None
    error_type: str | None = None
    parent_run_id: str | None = None
    forked_from: str | None = Field(None, description="Only forks of this run.")
    waiting_for: str | None = Field(None, description="`worker`, `timer`, `event`, `child`, `slot` or `evaluation`.")
    id_prefix: str | None = None
    started_from: AwareDatetime | None = None
    started_to: AwareDatetime | None = None
    updated_from: AwareDatetime | None = None
    updated_to: AwareDatetime | None = None
    as_of: AwareDatetime | None = Field(None, description="List the runs as they were at this instant.")
    sort: RunSort = RunSort.STARTED_LAST
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=2000, description="`next` of the page before.")


class ReasonRequest(Request):
    """Why somebody does something. Kept in the run's history."""

    reason: str = Field("", max_length=1000)


class RetryRequest(Request):
    """Which task to run again."""

    path: str = Field(max_length=4096, description="Path of the task instance, as its events give it.")


class SkipRequest(RetryRequest):
    """Which task to leave out, and what counts as its output."""

    output: Json = None


class Definition(BaseModel):
    """A published version of a workflow."""

    namespace: str
    name: str
    version: str
    digest: str = Field(description="SHA-256 of the document.")
    published_at: str
    published_by: str
    published_from: str = Field(description="Channel and address, such as `cli:192.0.2.7`; empty when not known.")


class Resource(BaseModel):
    """A text from outside that is part of a definition."""

    uri: str
    digest: str = Field(description="SHA-256 of the text.")


class DefinitionWithText(Definition):
    """A published version with what its author wrote."""

    text: str
    document: Json = Field(description="What runs: the text with what it refers to outside of itself put in.")
    resources: list[Resource] = Field(description="What was fetched for it when it was published.")


class Definitions(BaseModel):
    """A page of definitions."""

    items: list[Definition]
    next: str | None = Field(description="Value of `cursor` for the next page; null on the last.")


class Workflow(BaseModel):
    """The workflow of a run."""

    namespace: str
    name: str
    version: str


class Parent(BaseModel):
    """The run and task that started this one."""

    run: str
    path: str | None


class ForkedFrom(BaseModel):
    """The run whose state this one began with."""

    run: str
    event: int = Field(description="Number of the event of that run after which it was so.")
    mode: str = Field(description="`live`, `reuse` or `stub`.")


class Waiting(BaseModel):
    """Something a run waits for from outside."""

    task: str
    path: str
    what: str
    node_type: str | None


class Run(BaseModel):
    """A run as it stands."""

    run: str
    workflow: Workflow
    status: Status
    input: Json
    output: Json
    error: Json = Field(description="An RFC 7807 object, when the run faulted.")
    error_path: str | None
    waiting_for: list[Waiting]
    source: str
    parent: Parent | None
    forked_from: ForkedFrom | None
    superseded_by: str | None = Field(description="The run that took the place of this one, which is cancelled.")
    started_at: str | None
    updated_at: str | None
    ended_at: str | None
    seq: int = Field(description="Number of the newest event that is in this answer.")


class Event(BaseModel):
    """Something that happened in a run."""

    run: str
    seq: int
    type: str
    at: str
    task: str = Field(description="JSON Pointer of the task in the document; empty for the run as a whole.")
    path: str = Field(description="The task instance: the pointer with a mark for each repetition.")
    actor: str
    origin: str = Field(
        description="From where it was ordered, such as `web:192.0.2.7`; empty when it came from inside."
    )
    data: dict[str, Json]


class Events(BaseModel):
    """A page of a run's history."""

    items: list[Event]
    next: int | None = Field(description="Value of `after` for the next page; null when this is the newest.")


class RunState(BaseModel):
    """The folded state of a run, as the engine has it."""

    run: str
    seq: int
    status: str
    at: str = Field(description="When the last event in it happened.")
    hash: str = Field(description="Digest of the state: equal states, equal digests.")
    state: Json


class RunSummary(BaseModel):
    """A run in a list. Excerpts are the first characters of JSON texts."""

    run: str
    workflow: Workflow
    status: Status
    source: str
    parent_run_id: str | None
    forked_from: str | None
    forked_at_event: int | None
    started_at: str
    updated_at: str
    ended_at: str | None
    error_type: str | None
    error_title: str | None
    error_status: int | None
    error_path: str | None
    waiting_for: str | None
    input_excerpt: str | None
    output_excerpt: str | None
    seq: int


class Runs(BaseModel):
    """A page of runs."""

    items: list[RunSummary]
    next: str | None = Field(description="Value of `cursor` for the next page; null on the last.")


class AcceptedEvent(BaseModel):
    """An event that is in the log."""

    id: str
    source: str
    type: str


class AcceptedEvents(BaseModel):
    """The events of a request, in order."""

    items: list[AcceptedEvent]


class Due(BaseModel):
    """When a calendar of a schedule starts the next run."""

    kind: str = Field(description="`every`, `cron` or `after`.")
    at: str


class Schedule(BaseModel):
    """What starts a workflow by itself."""

    workflow: Workflow = Field(description="With the version that is started.")
    schedule: Json = Field(description="What the definition says.")
    active: bool = Field(description="False when it is paused, or was never begun.")
    next_at: str | None
    due: list[Due]
    waiting_for_types: list[str] = Field(description="Types of the events it waits for; `*` for any.")
    incomplete_sets: int = Field(description="Sets of events that do not suffice yet.")
    starts: int = Field(description="How many runs it has started.")
    last_run: str | None
    seq: int


class Schedules(BaseModel):
    """A page of schedules."""

    items: list[Schedule]
    next: str | None = Field(description="Value of `cursor` for the next page; null on the last.")
