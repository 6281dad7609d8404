"""What happens to an approval. Who did it is in the event; when is the commit's instant; from where, its origin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalOpened:
    """People are asked to decide. `request` is all of it as JSON text, `digest` that of exactly what is shown.

    `approval_id` is the path of the task that waits, or that path with `#NAME` for one of several.
    """

    approval_id: str
    path: str
    request: str
    digest: str
    deadline_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalClaimed:
    """Somebody took it on."""

    approval_id: str
    by: str
    channel: str = "ui"
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReleased:
    """Whoever had taken it on gave it back."""

    approval_id: str
    by: str
    channel: str = "ui"
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDelegated:
    """Somebody who was asked handed the question to somebody else."""

    approval_id: str
    by: str
    to: str
    comment: str = ""
    channel: str = "ui"
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCommented:
    """Somebody said something without deciding."""

    approval_id: str
    by: str
    comment: str
    channel: str = "ui"
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided:
    """One person decided: `approved`, `rejected` or `changes_requested`.

    `data` is the form's data as JSON text, `digest` that of what the person was shown, `groups` a JSON array of the
    groups the person was in.
    """

    approval_id: str
    by: str
    decision: str
    digest: str
    data: str = "null"
    comment: str = ""
    channel: str = "ui"
    origin: str = ""
    groups: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReminded:
    """The people asked were reminded for the time `number` (from 1)."""

    approval_id: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEscalated:
    """Others are asked from now on, by step `number` (from 1) of its escalation. Both are JSON arrays of names."""

    approval_id: str
    number: int
    assignees: str
    groups: str
    #: The new deadline if the old one had passed, Unix milliseconds; 0 for the same as before.
    deadline_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalClosed:
    """Nobody is asked any more: `approved`, `rejected`, `changes_requested`, `withdrawn`, `expired` or `cancelled`.

    `output` is what the task is given, as JSON text; `None` when the task ends by an error or has gone. `by` is who
    decided last, `timeout`, or empty.
    """

    approval_id: str
    decision: str
    by: str = ""
    output: str | None = None
    comment: str = ""
    channel: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeScheduled:
    """A message about an approval is sent through the channel with this number in its request, attempt `attempt`."""

    notice_id: str
    approval_id: str
    path: str
    channel: int
    #: `opened`, `reminder`, `escalated` or `closed`.
    purpose: str
    attempt: int = 1
    details: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDelivered:
    """The channel took the message. `receipt` is what it gave back, as JSON text."""

    notice_id: str
    receipt: str = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFailed:
    """The channel did not take the message. `retry_at_ms` is when it is tried again; 0 if it is given up."""

    notice_id: str
    error: str
    retry_at_ms: int = 0
