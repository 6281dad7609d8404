"""`call: human_approval` asks people to decide. The rules do the work themselves; this says what it takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import fault

Name = Annotated[str, Field(min_length=1, max_length=320)]
#: An ISO 8601 text, or an object of days, hours, minutes, seconds and milliseconds.
Duration = str | dict[str, float]


class Strict(BaseModel, extra="forbid"):
    """Refuses names it does not know."""


class Link(Strict):
    """An address to open."""

    href: str
    title: str = ""


class Image(Strict):
    """A picture: an address, or `data:image/png;base64,…`."""

    src: str
    alt: str = ""


class Diff(Strict):
    """Two texts or JSON values, shown by what differs."""

    before: Any
    after: Any


class Table(Strict):
    """Rows with named columns."""

    columns: list[Any]
    rows: list[Any]


class Part(Strict):
    """One part of what is shown: exactly one of these, and a `title` if you like."""

    title: str | None = None
    markdown: str | None = None
    text: str | None = None
    table: Table | list[dict[str, Any]] | str | None = None
    link: Link | None = None
    diff: Diff | None = None
    image: Image | None = None
    json_: Any = Field(default=None, alias="json")


class Step(Strict):
    """Whom to ask instead, and when. Without `after` only `onTimeout: escalate` takes the step."""

    after: Duration | None = None
    assignees: list[Name] | str = []
    groups: list[Name] | str = []


class Reminders(Strict):
    """A reminder each time this much has passed."""

    every: Duration
    times: int = Field(default=3, ge=1, le=50)


class ApprovalArguments(Strict):
    """What people are asked, who is, and what becomes of it when nobody answers."""

    title: str = Field(min_length=1, max_length=500, description="The question, in one line.")
    context: list[Part | str] | str = Field(default=[], description="What to know before deciding; a text is markdown.")
    form: dict[str, Any] | None = Field(default=None, description="JSON Schema of the data a yes must bring.")
    ui: dict[str, Any] = Field(
        default={}, description="Hints for showing the form, by field: `widget`, `help`, `order`."
    )
    assignees: list[Name] | str = Field(default=[], description="People. With no assignees and groups: anybody.")
    groups: list[Name] | str = Field(default=[], description="Groups, any member of which may decide.")
    quorum: int = Field(default=1, ge=1, le=100, description="How many different people have to say yes.")
    self_approval: bool = Field(
        default=True, alias="selfApproval", description="Whether the person who started the run may decide."
    )
    deadline: Duration | None = Field(default=None, description="How long people have.")
    reminders: Reminders | list[Duration] | str | None = Field(default=None, description="When to remind them.")
    escalation: list[Step] = Field(default=[], description="Whom to ask when those asked do not answer.")
    on_timeout: Literal["fault", "reject", "escalate", "approve"] = Field(
        default="fault", alias="onTimeout", description="What a deadline that passes means."
    )
    on_reject: Literal["output", "fault"] = Field(
        default="output", alias="onReject", description="Whether all but a yes is the task's output or an error."
    )
    channel: str | dict[str, Any] | None = Field(
        default=None, description="One channel: its name, or `{NAME: settings}`."
    )
    channels: list[str | dict[str, Any]] | str = Field(
        default=[], description="Several, at once. The inbox always has it."
    )


class Said(BaseModel):
    """A comment."""

    by: str
    at: str
    text: str


class Vote(BaseModel):
    """What one person decided."""

    by: str
    at: str
    decision: str
    data: Any
    comment: str
    channel: str


class ApprovalOutput(BaseModel):
    """What was decided."""

    decision: Literal["approved", "rejected", "changes_requested", "withdrawn", "expired"]
    by: str = Field(description="Who decided last; `timeout` when the deadline did.")
    at: str = Field(description="When, ISO 8601.")
    data: Any = Field(description="The form's data.")
    comment: str
    channel: str
    decisions: list[Vote] = Field(description="What each person decided.")
    comments: list[Said]
    digest: str = Field(description="SHA-256 of exactly what was shown.")


class HumanApproval:
    """Asks people to decide, and waits for them: in the inbox, by e-mail, in Slack, through a webhook."""

    name = "human_approval"
    version = "1.0.0"
    icon = "user-check"
    With = ApprovalArguments
    Output = ApprovalOutput
    examples = (
        {"title": "Refund 250 EUR?", "groups": ["finance"], "deadline": {"hours": 4}, "onTimeout": "reject"},
        {
            "title": "Deploy to production?",
            "context": [{"diff": {"before": "v1", "after": "v2"}}],
            "quorum": 2,
            "selfApproval": False,
            "channels": ["ui", {"slack": {"channel": "#ops"}}],
        },
    )

    async def run(self, with_: ApprovalArguments, ctx: TaskContext) -> NoReturn:  # noqa: ARG002  # the rules do it
        """Refuse: no worker does this."""
        raise fault("configuration", "`human_approval` is done by the orchestrator, never by a worker")
