"""What requests and answers about forks, migrations and comparisons look like."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from api.models import Json, Request, RunQuery, WorkflowReference

Mode = Literal["live", "reuse", "stub"]


class MomentRequest(Request):
    """From which moment on, and what is to be different."""

    event: int | None = Field(None, ge=1, description="Event after which it goes on. Default: the newest.")
    task: str | None = Field(
        None,
        max_length=4096,
        description="Instead of `event`: where this task began last. Path, JSON Pointer or name.",
    )
    definition: WorkflowReference | str | None = Field(
        None, description="Definition it goes on with. Default: the run's own."
    )
    mapping: dict[str, str] = Field(
        default_factory=dict, description="Where tasks are in that definition, by name or JSON Pointer, old to new."
    )
    input: Json = Field(None, description="Other raw input of the workflow.")
    context: Json = Field(None, description="Other context.")
    outputs: dict[str, Json] = Field(
        default_factory=dict, description="Outputs by task: of live ones, of those that just ended, of those to come."
    )

    @model_validator(mode="after")
    def _one_moment(self) -> MomentRequest:
        if self.event is not None and self.task is not None:
            raise ValueError("expected `event` or `task`, found both")
        return self

    def overrides(self) -> dict[str, Any]:
        """Give what is to be different, as the engine takes it: `null` is a value where it was written."""
        written = [name for name in ("input", "context") if name in self.model_fields_set]
        given: dict[str, Any] = {name: getattr(self, name) for name in written}
        return given | {name: getattr(self, name) for name in ("outputs", "mapping") if getattr(self, name)}


class ForkRequest(MomentRequest):
    """What a fork is to be."""

    mode: Mode = Field(
        "live",
        description="`live`: tasks run. `reuse`: recorded results are taken where the input is the same."
        " `stub`: nothing is done outside.",
    )


class ForeseenTask(BaseModel):
    """One thing a fork would do."""

    path: str
    task: str
    what: str = Field(
        description="`runs`, `reused`, `given`, `starts` a child run, `asks` people, `sends` an event, or `listens`."
    )
    node_type: str | None
    known: dict[str, Json] | None = Field(description="What its like took in the other run: time, tokens, money.")
    assumed: bool = Field(description="Whether it was looked beyond it, with the result it had.")


class ForkPreview(BaseModel):
    """What a fork would do, as far as is known."""

    run: str
    event: int
    mode: Mode
    status: str = Field(description="How it would end; `unknown` where nothing is known beyond some task.")
    tasks: list[ForeseenTask]
    totals: dict[str, dict[str, Json]] = Field(description="Tasks, time, tokens and money by what is done.")


class RewindRequest(MomentRequest):
    """What the run that takes the place of this one is to be."""


class BulkQuery(RunQuery):
    """Which runs."""

    limit: int = Field(100, ge=1, le=500, description="At most so many; the answer says if there are more.")


class BulkForkRequest(ForkRequest):
    """Which runs to fork, and how. With `preview` nothing is forked."""

    query: BulkQuery
    preview: bool = Field(True, description="Only say what would be forked.")


class MigrateRequest(Request):
    """Which version a run is to follow from here on."""

    version: str = Field(min_length=1, max_length=128)
    mapping: dict[str, str] = Field(default_factory=dict)
    reason: str = Field("", max_length=1000)
    dry_run: bool = Field(False, description="Only say whether it fits.")


class BulkMigrateRequest(MigrateRequest):
    """Which runs are to follow another version."""

    query: BulkQuery
    dry_run: bool = Field(True, description="Only say whether they fit.")


class BulkItem(BaseModel):
    """What became of one run."""

    run: str
    done: bool
    result: str = Field(description="Id of the fork, or the verdict: `fits`, `fits after mapping` or `conflicts`.")
    problems: list[str]


class Bulk(BaseModel):
    """What became of each run that the query gave."""

    preview: bool
    items: list[BulkItem]
    more: bool = Field(description="Whether the query gives more runs than its limit.")


class FitReport(BaseModel):
    """Whether a run fits another version of its definition."""

    run: str
    from_version: str
    version: str
    verdict: Literal["fits", "fits after mapping", "conflicts"]
    moves: dict[str, str] = Field(description="Places that are elsewhere in that version, old to new.")
    conflicts: list[str]
    reopened: list[str] = Field(description="Listening tasks that begin to wait anew.")


class Side(BaseModel):
    """One of two runs as a whole, from the moment they have in common."""

    run: str
    after_event: int
    status: str
    output: Json
    error: Json
    duration_ms: int
    tasks: int
    worked: int = Field(description="Tasks that somebody outside worked for.")
    reused: int = Field(description="Tasks that took a result that was there.")
    tokens: int
    costs: dict[str, str] = Field(description="Money spent, by currency.")


class ComparedTask(BaseModel):
    """A task of either run; null where a run did not come to it."""

    path: str
    task: str
    name: str
    a: dict[str, Json] | None
    b: dict[str, Json] | None
    differs: list[str]


class Comparison(BaseModel):
    """Two runs side by side."""

    a: Side
    b: Side
    differs: list[str] = Field(description="What differs of the runs as a whole: status, output, error, path.")
    tasks: list[ComparedTask]
