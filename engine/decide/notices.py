"""Notices: telling people about an approval through its channels. Each is a task, tried again when it fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine import commands as c
from engine import events as e
from engine.approvals import Approval, Notice
from engine.errors import CommandRejected
from engine.instants import iso8601

if TYPE_CHECKING:
    from engine.decide.transition import Transition

#: Node type that delivers them.
NODE_TYPE = "approval_notice"
#: Delays before the second and each further attempt.
DELAYS_MS = (1_000, 5_000, 30_000, 120_000)
#: The channel that needs no notice: the inbox reads the approvals themselves.
INBOX = "ui"
#: Longest receipt of a channel that is kept.
RECEIPT_MAX = 4_000
ERROR_MAX = 500


def announce(transition: Transition, approval: Approval, purpose: str, ending: e.ApprovalClosed | None = None) -> None:
    """Send a notice through every channel that needs one. `approval` is as it was before its end."""
    request = json.loads(approval.request)
    receipts = json.loads(approval.receipts)
    number = (transition.state.approvals.get(approval.approval_id) or approval).notices
    for channel, named in enumerate(request["channels"]):
        if named["name"] == INBOX:
            continue
        number += 1
        details = "null"
        if ending is not None:
            told = _details(request, ending, named, receipts.get(str(channel)))
            details = _text({**told, "at": iso8601(transition.at_ms)})
        transition.emit(
            e.NoticeScheduled(
                notice_id=f"{approval.approval_id}#notice/{number}",
                approval_id=approval.approval_id,
                path=approval.path,
                channel=channel,
                purpose=purpose,
                details=details,
            )
        )


def _details(
    request: dict[str, Any], ending: e.ApprovalClosed, channel: dict[str, Any], receipt: Any
) -> dict[str, Any]:
    """Give what a channel is told of an end: all of it, since the approval is gone by then."""
    return {
        "title": request["title"],
        "assignees": request["assignees"],
        "groups": request["groups"],
        "channel": channel,
        "decision": ending.decision,
        "by": ending.by,
        "comment": ending.comment,
        "through": ending.channel,
        "receipt": receipt,
    }


def notice_of(transition: Transition, path: str, attempt: int) -> Notice | None:
    """Give the notice that a worker's result is for, `None` when the path is not of a notice."""
    notice = transition.state.notices.get(path)
    if notice is not None and notice.attempt != attempt:
        raise CommandRejected(f"the notice {path} is at attempt {notice.attempt}, not {attempt}")
    return notice


def delivered(transition: Transition, notice: Notice, order: c.CompleteTask) -> None:
    """The channel took it."""
    receipt = order.output if len(order.output) <= RECEIPT_MAX else "null"
    transition.emit(e.NoticeDelivered(notice_id=notice.notice_id, receipt=receipt))


def failed(transition: Transition, notice: Notice, error: dict[str, Any], order: c.FailTask) -> None:
    """The channel did not take it: try again later, or give up. The inbox has the approval in any case, and says so."""
    reason = str(error.get("detail") or error.get("title") or "it was not taken")[:ERROR_MAX]
    again = order.retryable and notice.attempt <= len(DELAYS_MS)
    at_ms = transition.at_ms + DELAYS_MS[notice.attempt - 1] if again else 0
    transition.emit(e.NoticeFailed(notice_id=notice.notice_id, error=reason, retry_at_ms=at_ms))
    if again:
        timer_id = f"{notice.notice_id}#notice"
        transition.emit(e.TimerStarted(timer_id=timer_id, path=notice.path, purpose="notice", fire_at_ms=at_ms))


def send_again(transition: Transition, notice_id: str) -> None:
    """The delay of a notice's next attempt has passed."""
    notice = transition.state.notices.get(notice_id)
    if notice is not None:
        transition.emit(
            e.NoticeScheduled(
                notice_id=notice.notice_id,
                approval_id=notice.approval_id,
                path=notice.path,
                channel=notice.channel,
                purpose=notice.purpose,
                attempt=notice.attempt + 1,
                details=notice.details,
            )
        )


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
