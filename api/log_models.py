"""What questions about the log and about past moments, and their answers, look like."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

GREATEST_OFFSET = 2**53
Json = Any


class LogRequest(BaseModel):
    """Which records to read. Of `position`, `offset`, `time` and `last` the first that is there says where to begin."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field("events", max_length=249, description="With or without the prefix of topics.")
    partition: int | None = Field(None, ge=0)
    offset: int | None = Field(None, ge=0, le=GREATEST_OFFSET, description="With `partition` or `run`.")
    time: AwareDatetime | None = Field(None, description="Begin with the first record at or after this instant.")
    until: AwareDatetime | None = Field(None, description="End before the first record at or after this instant.")
    last: int | None = Field(None, ge=0, le=10_000, description="Begin so many records before each partition's end.")
    position: str | None = Field(None, max_length=4000, description="`next` or `position` of a page.")
    run: str | None = Field(None, max_length=512, description="Only records with this key.")
    type: str | None = Field(
        None, max_length=256, description="Only this kind of record, event, order, or CloudEvent, such as RunFaulted."
    )
    limit: int = Field(100, ge=1, le=1000)


class LogRecord(BaseModel):
    """A record of a topic. `record` is its content; of a commit the events, as a run's history has them."""

    partition: int
    offset: int
    at: str
    key: str | None
    bytes: int
    headers: dict[str, str | None]
    kind: str = Field(description="Name of its schema, `CloudEvent`, `JSON`, `tombstone` or `unreadable`.")
    record: Json


class Bounds(BaseModel):
    """What a partition holds: the first offset that is there, and the one the next record gets."""

    first: int
    next: int


class LogPage(BaseModel):
    """A page of the log, by the time of the records."""

    topic: str
    items: list[LogRecord]
    next: str | None = Field(description="Value of `position` for the next page; null at the end of what was asked.")
    position: str = Field(description="Where to go on later, also at the end: pages and the live stream take it.")
    bounds: dict[str, Bounds]


class DeadLetter(BaseModel):
    """A record that could not be worked on: where the letter lies, where the record came from, and why."""

    partition: int
    log_offset: int
    stage: str
    reason: str
    source_topic: str
    source_partition: int
    source_offset: int
    record_key: str | None
    at: str
    redriven_at: str | None = Field(description="When it was put back last, if it was.")
    redriven_by: str | None


class DeadLetters(BaseModel):
    """A page of dead letters."""

    items: list[DeadLetter]
    next: str | None = Field(description="Value of `cursor` for the next page; null on the last.")


class Redriven(BaseModel):
    """A dead letter whose record was put back."""

    partition: int
    offset: int
    topic: str
    by: str


class Moment(BaseModel):
    """A state of a run: after which event, when, and its digest."""

    seq: int
    at: str
    hash: str


class Change(BaseModel):
    """A place that differs, as in JSON Patch, with what was there before."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Json = None
    was: Json = None


class RunDiff(BaseModel):
    """What changed in a run between two moments."""

    model_config = ConfigDict(populate_by_name=True)

    run: str
    before: Moment = Field(alias="from")
    after: Moment = Field(alias="to")
    changes: list[Change]
    is_cut: bool = Field(description="There are more changes than are listed.")


class CountQuery(BaseModel):
    """Which runs to count, and as of when."""

    model_config = ConfigDict(extra="forbid")

    namespace: str | None = None
    name: str | None = None
    version: str | None = None
    as_of: AwareDatetime | None = None


class WorkflowCounts(BaseModel):
    """Runs of one version of a workflow by status."""

    workflow: dict[str, str]
    statuses: dict[str, int]


class RunCounts(BaseModel):
    """Runs by status, in all and by workflow."""

    as_of: str | None
    statuses: dict[str, int]
    workflows: list[WorkflowCounts]
