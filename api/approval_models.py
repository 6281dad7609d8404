"""What requests and answers about approvals look like."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.models import Json, Request
from infra.read_models.approvals import ApprovalSort

Status = Literal["open", "approved", "rejected", "changes_requested", "withdrawn", "expired", "cancelled"]


class ApprovalQuery(BaseModel):
    """Which approvals to list. `who=me` are those that ask the caller, by name, by group, or anybody."""

    model_config = ConfigDict(extra="forbid")

    who: Literal["me", "all"] = "me"
    group: list[str] = Field(default_factory=list, description="Those that ask one of these groups.")
    status: list[Status] = ["open"]
    text: str | None = Field(None, max_length=200, description="A part of the title.")
    run: str | None = None
    namespace: str | None = None
    name: str | None = None
    as_of: AwareDatetime | None = Field(None, description="List what was open, or had ended, at this instant.")
    sort: ApprovalSort = ApprovalSort.OPENED_LAST
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=4000, description="`next` of the page before.")


class SayRequest(Request):
    """What to say with it."""

    comment: str = Field("", max_length=4000)


class DelegateRequest(SayRequest):
    """Whom to hand it to."""

    to: str = Field(min_length=1, max_length=320)


class ChangesRequest(SayRequest):
    """What has to change. `data` may be left out."""

    data: Json = None
    digest: str = Field("", max_length=64, description="`digest` of the approval as it was shown to you.")


class DecideRequest(ChangesRequest):
    """A decision. A yes needs the data that the form asks for."""

    decision: Literal["approve", "reject"]


class Decision(BaseModel):
    """What one person decided."""

    by: str
    at: str
    decision: str
    data: Json
    comment: str
    channel: str


class Comment(BaseModel):
    """What somebody said."""

    by: str
    at: str
    text: str


class ApprovalSummary(BaseModel):
    """An approval as a list shows it."""

    id: str = Field(description="Names it in addresses of this API.")
    run: str
    task: str = Field(description="JSON Pointer of the task.")
    path: str
    workflow: dict[str, str]
    title: str
    status: Status
    started_by: str
    assignees: list[str]
    groups: list[str]
    claimed_by: str | None
    quorum: int
    votes: int
    comments: int
    opened_at: str
    deadline: str | None
    decided_at: str | None
    decided_by: str | None
    digest: str
    undelivered: bool = Field(description="Whether a channel could not be reached, so that only the inbox has it.")


class Approvals(BaseModel):
    """A page."""

    items: list[ApprovalSummary]
    next: str | None
    count: int = Field(description="How many there are in all; counting ends at 10000.")


class Approval(BaseModel):
    """An approval with all that is shown."""

    id: str
    run: str
    task: str
    path: str
    workflow: dict[str, str]
    title: str
    status: Status
    started_by: str
    assignees: list[str]
    groups: list[str]
    claimed_by: str | None
    quorum: int
    votes: int
    opened_at: str
    deadline: str | None
    decided_at: str | None
    decided_by: str | None
    undelivered: bool
    context: list[dict[str, Any]]
    form: dict[str, Any] | None
    ui: dict[str, Any]
    decisions: list[Decision]
    comments: list[Comment]
    channels: list[dict[str, Any]]
    rules: dict[str, Any]
    digest: str
    may_decide: bool
