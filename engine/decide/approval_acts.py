"""What people do about an approval: one order with an `act`. Guards first; what fails one is refused, and recorded."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine import events as e
from engine.approvals import ACTS, VERDICTS, Approval, voters
from engine.decide.approving import conclude
from engine.decide.checking import violations_now
from engine.decide.intake import TOO_DEEP, is_too_deep, whole
from engine.decide.tasksize import excess_bytes
from engine.decide.transition import Transition
from engine.errors import CommandRejected
from engine.state import FINAL, RunState

COMMENT_MAX = 4_000
COMMENTS_MAX = 200
PERSON = "user:"


def act_on_approval(transition: Transition, order: c.ActOnApproval) -> None:
    """Do what a person asks for."""
    approval = _open(transition.state, order.approval_id)
    by = _person(transition)
    _check_text(order, approval)
    match order.act:
        case "withdraw":
            _withdraw(transition, approval, order, by)
        case "comment":
            _require(order.comment.strip(), "expected a comment, found none", "invalid")
            transition.emit(
                e.ApprovalCommented(
                    approval_id=approval.approval_id,
                    by=by,
                    comment=order.comment,
                    channel=order.channel,
                    origin=transition.command.origin,
                )
            )
        case "claim" | "release" | "delegate":
            _check_asked(approval, by, order)
            _hand_over(transition, approval, order, by)
        case _ if order.act in VERDICTS:
            _decide(transition, approval, order, by)
        case _:
            raise CommandRejected(f"expected one of {', '.join(ACTS)}, found {order.act!r:.40}", kind="invalid")


def _require(holds: object, reason: str, kind: str) -> None:
    if not holds:
        raise CommandRejected(reason, kind=kind)


def _open(state: RunState, approval_id: str) -> Approval:
    approval = state.approvals.get(approval_id)
    if approval is not None and state.status not in FINAL:
        return approval
    if (ended := state.decided.get(approval_id)) is not None:
        end = json.loads(ended)
        who = f" by {end['by']}" if end["by"] else ""
        reason = f"the approval was {end['decision'].replace('_', ' ')}{who} at {end['at']}"
        raise CommandRejected(reason, kind="closed", details=ended)
    raise CommandRejected(f"there is no approval {approval_id!r} in this run", kind="unknown")


def _person(transition: Transition) -> str:
    actor = transition.command.actor
    name = actor.removeprefix(PERSON)
    _require(actor.startswith(PERSON) and name, f"only a person may act on an approval, found {actor!r}", "forbidden")
    return name


def _check_text(order: c.ActOnApproval, approval: Approval) -> None:
    _require(len(order.comment) <= COMMENT_MAX, f"the comment is longer than {COMMENT_MAX} characters", "invalid")
    if order.comment:
        room = len(approval.comments) < COMMENTS_MAX
        _require(room, f"the approval has {COMMENTS_MAX} comments, which is the limit", "invalid")
    if order.digest:
        same = order.digest == approval.digest
        _require(same, "what was shown to you is not what this approval asks: open it again", "stale")


def _check_asked(approval: Approval, by: str, order: c.ActOnApproval) -> None:
    """Refuse whoever is not asked."""
    if not approval.assignees and not approval.groups:
        return
    is_member = bool(set(approval.groups) & set(json.loads(order.groups)))
    if by not in approval.assignees and not is_member:
        asked = ", ".join([*approval.assignees, *(f"group {name}" for name in approval.groups)])
        raise CommandRejected(f"{by} is not asked; {asked} may decide", kind="forbidden")


def _hand_over(transition: Transition, approval: Approval, order: c.ActOnApproval, by: str) -> None:
    how: dict[str, Any] = {"by": by, "channel": order.channel, "origin": transition.command.origin}
    where = approval.approval_id
    match order.act:
        case "claim":
            _check_claim(approval, by)
            _require(not approval.claimed_by, f"{by} has claimed it already", "conflict")
            transition.emit(e.ApprovalClaimed(approval_id=where, **how))
        case "release":
            _require(approval.claimed_by == by, f"{by} has not claimed it", "conflict")
            transition.emit(e.ApprovalReleased(approval_id=where, **how))
        case _:
            to = order.to.strip()
            _require(to and to != by, "expected the name of somebody else to delegate to", "invalid")
            _require(by not in voters(approval), f"{by} has decided already", "conflict")
            _require(to not in voters(approval), f"{to} has decided already", "conflict")
            _check_claim(approval, by)
            transition.emit(e.ApprovalDelegated(approval_id=where, to=to, comment=order.comment, **how))


def _check_claim(approval: Approval, by: str) -> None:
    claimed = approval.claimed_by
    _require(not claimed or claimed == by, f"{claimed} has claimed it and has to release it first", "conflict")


def _withdraw(transition: Transition, approval: Approval, order: c.ActOnApproval, by: str) -> None:
    """Take the request back. That this person may is checked at the door: whoever started the run, or an operator."""
    act = _act(transition, approval, order, by)
    conclude(transition, approval, "withdrawn", act)


def _act(transition: Transition, approval: Approval, order: c.ActOnApproval, by: str) -> e.ApprovalClosed:
    return e.ApprovalClosed(
        approval_id=approval.approval_id,
        decision="",
        by=by,
        comment=order.comment,
        channel=order.channel,
        origin=transition.command.origin,
    )


def _decide(transition: Transition, approval: Approval, order: c.ActOnApproval, by: str) -> None:
    """Take a person's decision. A no of one person decides; a yes when as many said it as the quorum wants."""
    request = json.loads(approval.request)
    decision = VERDICTS[order.act]
    _check_asked(approval, by, order)
    own = by == transition.state.started_by.removeprefix(PERSON)
    _require(request["selfApproval"] or not own, f"{by} started this run and may not decide on it", "forbidden")
    _require(by not in voters(approval), f"{by} has decided already", "conflict")
    if request["quorum"] == 1:
        _check_claim(approval, by)
    data = _data(transition, request, order)
    transition.emit(
        e.ApprovalDecided(
            approval_id=approval.approval_id,
            by=by,
            decision=decision,
            digest=approval.digest,
            data=data,
            comment=order.comment,
            channel=order.channel,
            origin=transition.command.origin,
            groups=order.groups,
        )
    )
    yes = len(transition.state.approvals[approval.approval_id].votes)
    if decision != "approved" or yes >= request["quorum"]:
        conclude(transition, approval, decision, _act(transition, approval, order, by))


def _data(transition: Transition, request: dict[str, Any], order: c.ActOnApproval) -> str:
    """Give the form's data, checked: a yes must fill the form, a no may leave it out."""
    _require(not is_too_deep(order.data), f"the form's data is not taken: {TOO_DEEP}", "invalid")
    limit = transition.limits.payload_bytes_max // 4
    size = excess_bytes(order.data, limit)
    _require(size is None, f"the form's data has {size} bytes, the limit is {limit}", "invalid")
    try:
        data = whole(order.data)
        json.loads(data)
    except ValueError:
        raise CommandRejected("expected the form's data as JSON, found something else", kind="invalid") from None
    if request["form"] is None or (data == "null" and order.act != "approve"):
        return data
    violations = violations_now(transition.world.ports.validator, json.dumps(request["form"]), data)
    if violations:
        reason = f"the form is not filled in as it asks: {'; '.join(violations)}"
        raise CommandRejected(reason, kind="invalid", details=json.dumps(violations, ensure_ascii=False))
    return data
