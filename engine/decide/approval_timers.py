"""The timers of approvals: reminders, escalation, the deadline, and the next attempt of a notice."""

from __future__ import annotations

import json
from typing import Any

from engine import events as e
from engine.approvals import Approval
from engine.decide.approving import conclude, next_escalation, next_reminder, start_timer
from engine.decide.notices import announce, send_again
from engine.decide.transition import Transition
from engine.state import Timer

#: Who decides when the deadline does.
TIMEOUT = "timeout"


def fire_approval_timer(transition: Transition, timer: Timer) -> None:
    """Do what the timer of an approval was set for."""
    at = timer.timer_id.rpartition("#")[0]
    if timer.purpose == "notice":
        send_again(transition, at)
        return
    approval = transition.state.approvals.get(at)
    if approval is None:
        return
    match timer.purpose:
        case "reminder":
            _remind(transition, approval)
        case "escalation":
            if approval.escalated < len(json.loads(approval.request)["escalation"]):
                escalate(transition, approval)
        case _:
            _expire(transition, approval)


def _remind(transition: Transition, approval: Approval) -> None:
    transition.emit(e.ApprovalReminded(approval_id=approval.approval_id, number=approval.reminded + 1))
    reminded = transition.state.approvals[approval.approval_id]
    announce(transition, reminded, "reminder")
    next_reminder(transition, reminded)


def escalate(transition: Transition, approval: Approval, deadline_ms: int = 0) -> None:
    """Ask those of the next step."""
    step = json.loads(approval.request)["escalation"][approval.escalated]
    transition.emit(
        e.ApprovalEscalated(
            approval_id=approval.approval_id,
            number=approval.escalated + 1,
            assignees=_text(step["assignees"]),
            groups=_text(step["groups"]),
            deadline_ms=deadline_ms,
        )
    )
    escalated = transition.state.approvals[approval.approval_id]
    announce(transition, escalated, "escalated")
    next_escalation(transition, escalated)


def _expire(transition: Transition, approval: Approval) -> None:
    """Do what the author wrote for a deadline that passes. It approves only when that is what is written."""
    request = json.loads(approval.request)
    act = e.ApprovalClosed(
        approval_id=approval.approval_id,
        decision="",
        by=TIMEOUT,
        comment="nobody decided before the deadline",
        channel=TIMEOUT,
    )
    match request["onTimeout"]:
        case "escalate" if approval.escalated < len(request["escalation"]):
            deadline_ms = transition.at_ms + request["deadlineMs"]
            escalate(transition, approval, deadline_ms)
            start_timer(transition, transition.state.approvals[approval.approval_id], "deadline", deadline_ms)
        case "reject":
            conclude(transition, approval, "rejected", act)
        case "approve":
            conclude(transition, approval, "approved", act)
        case _:
            conclude(transition, approval, "expired", act)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
