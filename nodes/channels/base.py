"""What a channel is: a class with a name, its settings, and `deliver`; `received` if answers come in by HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.desk import Desk


class Named(BaseModel):
    """A channel of an approval with its settings."""

    name: str
    settings: dict[str, Any] = Field(default={}, alias="with")


class Notice(BaseModel):
    """What a channel is told: that somebody is asked, reminded, asked instead, or that it is over."""

    approval: str
    purpose: Literal["opened", "reminder", "escalated", "closed"]
    title: str
    channel: Named
    context: list[dict[str, Any]] = []
    form: dict[str, Any] | None = None
    ui: dict[str, Any] = {}
    quorum: int = 1
    assignees: list[str] = []
    groups: list[str] = []
    deadline_ms: int = Field(default=0, alias="deadlineMs")
    digest: str = ""
    #: What the channel gave back for the first notice, to change that message by.
    receipt: Any = None
    #: How it ended: of a `closed` notice only.
    decision: str = ""
    by: str = ""
    at: str = ""
    comment: str = ""
    #: The channel through which it was decided.
    through: str = ""

    @property
    def outcome(self) -> str:
        """Say in a sentence how it ended."""
        who = f" by {self.by}" if self.by else ""
        why = f": {self.comment}" if self.comment else ""
        return f"{self.decision.replace('_', ' ').capitalize()}{who}{why}"

    @property
    def needs_form(self) -> bool:
        """Tell whether a yes needs data, which a button cannot bring."""
        return bool(self.form and self.form.get("required"))

    @property
    def lead(self) -> str:
        """Say in a word why this comes."""
        return {"reminder": "Reminder: ", "escalated": "Escalated to you: "}.get(self.purpose, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An HTTP request that came in for a channel. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes
    now_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody answered through a channel, once the channel has checked that it is theirs."""

    run_id: str
    approval_id: str
    by: str
    act: str
    data: str = "null"
    comment: str = ""


class NotForUs(Exception):
    """The request does not come from the channel, or says nothing. The text is told to whoever sent it."""


@runtime_checkable
class Channel(Protocol):
    """The members of a channel. `received(request, desk) -> Answer` may be there besides; it raises `NotForUs`."""

    name: ClassVar[str]
    #: Pydantic model of the channel's settings in `channels`.
    With: ClassVar[Any]

    async def deliver(self, notice: Notice, with_: Any, desk: Desk, ctx: TaskContext) -> Any:
        """Tell the people; give JSON values to change the message by when it is over. Raises `NodeError`."""
        ...


def plain_text(notice: Notice) -> str:
    """Give what is shown as plain text, for channels without tables and pictures."""
    lines = []
    for part in notice.context:
        kind = next(key for key in part if key != "title")
        content = part[kind]
        if part.get("title"):
            lines.append(str(part["title"]))
        match kind:
            case "markdown" | "text":
                lines.append(str(content))
            case "link":
                lines.append(f"{content.get('title') or ''} {content['href']}".strip())
            case "table":
                rows = content["rows"] if isinstance(content, dict) else content
                lines += [", ".join(map(str, row.values() if isinstance(row, dict) else row)) for row in rows[:20]]
            case "diff":
                lines += [f"- {content['before']}", f"+ {content['after']}"]
            case _:
                lines.append(f"({kind}: see the page)")
    return "\n".join(lines)
