"""Approvals: opening one for any task, the `call: human_approval` task, and the end of one.

A task of another kind opens an approval with `open_approval` under an id of its own (`PATH#NAME`) and finds the result
in `task.verdicts[id]`: JSON text of `{decision, by, at, data, …}`.
"""

from __future__ import annotations

import json
from typing import Any

from engine import events as e
from engine.approvals import Approval, digest_of
from engine.decide.approval_terms import read_terms
from engine.decide.faulting import end_by_error
from engine.decide.faults import Fault, standard_error
from engine.decide.notices import announce
from engine.decide.reusing import recorded_for, reuse
from engine.decide.tasksize import check_size
from engine.decide.transition import Transition
from engine.decide.visit import Visit
from engine.definition.model import ApprovalBody
from engine.instants import iso8601
from engine.recorded import approval_digest
from engine.state import Task


def proceed_approval(visit: Visit, task: Task, body: ApprovalBody) -> tuple[str | None, str | None] | None:
    """Ask, or take the answer."""
    if task.output is not None:
        return task.output, None
    given = json.loads(visit.evaluate("with", body.arguments, visit.input))
    faults = visit.transition.world.ports.validator.faults
    found = recorded_for(visit, lambda: approval_digest(task.path, _text(read_terms(given, faults))))
    if (output := reuse(visit, task, found)) is not None:
        return output, None
    open_approval(visit.transition, task.path, task.path, given)
    return None


def open_approval(transition: Transition, approval_id: str, path: str, given: Any) -> None:
    """Ask people to decide for the task at `path`; `given` is what a `with` of `human_approval` may be.

    Raises a configuration `Fault` when `given` is not that.
    """
    request = read_terms(given, transition.world.ports.validator.faults)
    text = _text(request)
    check_size(transition, "request of the approval", text)
    deadline_ms = transition.at_ms + request["deadlineMs"] if request["deadlineMs"] else 0
    transition.emit(
        e.ApprovalOpened(
            approval_id=approval_id, path=path, request=text, digest=digest_of(request), deadline_ms=deadline_ms
        )
    )
    approval = transition.state.approvals[approval_id]
    if deadline_ms:
        start_timer(transition, approval, "deadline", deadline_ms)
    next_reminder(transition, approval)
    next_escalation(transition, approval)
    announce(transition, approval, "opened")


def _text(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def start_timer(transition: Transition, approval: Approval, purpose: str, fire_at_ms: int) -> None:
    """Start a timer of an approval."""
    timer_id = f"{approval.approval_id}#{purpose}"
    transition.emit(e.TimerStarted(timer_id=timer_id, path=approval.path, purpose=purpose, fire_at_ms=fire_at_ms))


def next_reminder(transition: Transition, approval: Approval) -> None:
    """Start the timer of the next reminder, if there is one."""
    delays = json.loads(approval.request)["remindersMs"]
    if approval.reminded < len(delays):
        start_timer(transition, approval, "reminder", approval.opened_at_ms + delays[approval.reminded])


def next_escalation(transition: Transition, approval: Approval) -> None:
    """Start the timer of the next step of escalation, if it has a delay."""
    steps = json.loads(approval.request)["escalation"]
    if approval.escalated < len(steps) and steps[approval.escalated]["afterMs"]:
        start_timer(transition, approval, "escalation", approval.opened_at_ms + steps[approval.escalated]["afterMs"])


def result_of(approval: Approval, decision: str, by: str, at_ms: int) -> dict[str, Any]:
    """Give what the task is told."""
    votes = [json.loads(vote) for vote in approval.votes]
    last = votes[-1] if votes else {}
    own = last if last.get("by") == by else {}
    return {
        "decision": decision,
        "by": by,
        "at": iso8601(at_ms),
        "data": own.get("data"),
        "comment": own.get("comment", ""),
        "channel": own.get("channel", ""),
        "decisions": votes,
        "comments": [json.loads(comment) for comment in approval.comments],
        "digest": approval.digest,
    }


def close(transition: Transition, approval: Approval, ending: e.ApprovalClosed) -> None:
    """End an approval, tell the channels, and let its task go on: with the output, or by an error."""
    transition.emit(ending)
    announce(transition, approval, "closed", ending)
    if ending.output is not None or approval.path != approval.approval_id:
        transition.then(approval.path)
        return
    end_by_error(transition, approval.path, _error(ending))


def _error(ending: e.ApprovalClosed) -> dict[str, Any]:
    if ending.decision == "expired":
        return standard_error("timeout", "nobody decided before the deadline of the approval")
    detail = f"{ending.decision.replace('_', ' ')} by {ending.by or 'nobody'}"
    if ending.comment:
        detail += f": {ending.comment}"
    return {**standard_error("authorization", detail), "title": "Not Approved", "decision": ending.decision}


def conclude(transition: Transition, approval: Approval, decision: str, act: e.ApprovalClosed) -> None:
    """Close an approval with a decision; `act` says who, why and how.

    With `onReject: fault` all but a yes is an error.
    """
    current = transition.state.approvals[approval.approval_id]
    result = result_of(current, decision, act.by, transition.at_ms)
    if act.comment and not result["comment"]:
        result["comment"] = act.comment
    is_own = current.approval_id == current.path
    faults = is_own and decision != "approved" and json.loads(current.request)["onReject"] == "fault"
    faults = faults or (is_own and decision == "expired")
    output = json.dumps(result, separators=(",", ":"), ensure_ascii=False)
    ending = e.ApprovalClosed(
        approval_id=current.approval_id,
        decision=decision,
        by=act.by,
        output=None if faults else output,
        comment=act.comment,
        channel=act.channel,
        origin=act.origin,
    )
    close(transition, current, ending)


__all__ = ["Fault", "close", "conclude", "next_escalation", "next_reminder", "open_approval", "proceed_approval"]
