"""The fold of approvals and of the notices about them."""

from __future__ import annotations

import json
from dataclasses import replace

from engine import events as e
from engine.approvals import DECIDED_MAX, Approval, Notice
from engine.errors import CorruptHistory
from engine.instants import iso8601
from engine.state import RunState

ApprovalEvent = (
    e.ApprovalOpened
    | e.ApprovalClaimed
    | e.ApprovalReleased
    | e.ApprovalDelegated
    | e.ApprovalCommented
    | e.ApprovalDecided
    | e.ApprovalReminded
    | e.ApprovalEscalated
    | e.ApprovalClosed
    | e.NoticeScheduled
    | e.NoticeDelivered
    | e.NoticeFailed
)


def evolve_approval(state: RunState, event: ApprovalEvent, at_ms: int) -> None:
    """Fold one event of an approval."""
    match event:
        case e.ApprovalOpened():
            _opened(state, event, at_ms)
        case e.ApprovalClosed():
            _closed(state, event, at_ms)
        case e.NoticeScheduled():
            _scheduled(state, event)
        case e.NoticeDelivered() | e.NoticeFailed():
            _answered(state, event)
        case _:
            _changed(state, event, at_ms)


def approval_at(state: RunState, approval_id: str) -> Approval:
    """Give the open approval; raises `CorruptHistory` when there is none."""
    found = state.approvals.get(approval_id)
    if found is None:
        raise CorruptHistory(f"run {state.run_id}, event {state.seq}: no open approval {approval_id!r}")
    return found


def _opened(state: RunState, event: e.ApprovalOpened, at_ms: int) -> None:
    task = state.tasks.get(event.path)
    if task is None or event.approval_id in state.approvals:
        raise CorruptHistory(f"run {state.run_id}: approval {event.approval_id!r} has no task, or was opened twice")
    request = json.loads(event.request)
    state.approvals[event.approval_id] = Approval(
        approval_id=event.approval_id,
        path=event.path,
        request=event.request,
        digest=event.digest,
        opened_at_ms=at_ms,
        assignees=tuple(request["assignees"]),
        groups=tuple(request["groups"]),
        deadline_ms=event.deadline_ms,
    )
    if event.approval_id == event.path:
        task.awaiting = "approval"


def _changed(state: RunState, event: ApprovalEvent, at_ms: int) -> None:
    match event:
        case e.ApprovalClaimed(approval_id=approval_id, by=by):
            _put(state, replace(approval_at(state, approval_id), claimed_by=by))
        case e.ApprovalReleased(approval_id=approval_id):
            _put(state, replace(approval_at(state, approval_id), claimed_by=""))
        case e.ApprovalDelegated():
            _delegated(state, event, at_ms)
        case e.ApprovalCommented(approval_id=approval_id, by=by, comment=comment):
            _put(state, _with_comment(approval_at(state, approval_id), by, comment, at_ms))
        case e.ApprovalDecided():
            _decided(state, event, at_ms)
        case e.ApprovalReminded(approval_id=approval_id, number=number):
            _put(state, replace(approval_at(state, approval_id), reminded=number))
        case e.ApprovalEscalated():
            _escalated(state, event)
        case _:
            raise CorruptHistory(f"run {state.run_id}: nobody folds {type(event).__name__}")


def _put(state: RunState, approval: Approval) -> None:
    state.approvals[approval.approval_id] = approval


def _with_comment(approval: Approval, by: str, comment: str, at_ms: int) -> Approval:
    if not comment:
        return approval
    said = _text({"by": by, "at": iso8601(at_ms), "text": comment})
    return replace(approval, comments=(*approval.comments, said))


def _delegated(state: RunState, event: e.ApprovalDelegated, at_ms: int) -> None:
    approval = approval_at(state, event.approval_id)
    others = tuple(name for name in approval.assignees if name not in (event.by, event.to))
    changed = replace(approval, assignees=(*others, event.to), claimed_by="")
    _put(state, _with_comment(changed, event.by, event.comment, at_ms))


def _decided(state: RunState, event: e.ApprovalDecided, at_ms: int) -> None:
    approval = approval_at(state, event.approval_id)
    vote = {
        "by": event.by,
        "at": iso8601(at_ms),
        "decision": event.decision,
        "data": json.loads(event.data),
        "comment": event.comment,
        "channel": event.channel,
    }
    changed = replace(approval, votes=(*approval.votes, _text(vote)), claimed_by="")
    _put(state, _with_comment(changed, event.by, event.comment, at_ms))


def _escalated(state: RunState, event: e.ApprovalEscalated) -> None:
    approval = approval_at(state, event.approval_id)
    changed = replace(
        approval,
        assignees=tuple(json.loads(event.assignees)),
        groups=tuple(json.loads(event.groups)),
        escalated=event.number,
        claimed_by="",
        deadline_ms=event.deadline_ms or approval.deadline_ms,
    )
    _put(state, changed)
    state.timers.pop(f"{approval.approval_id}#escalation", None)


def _closed(state: RunState, event: e.ApprovalClosed, at_ms: int) -> None:
    approval = approval_at(state, event.approval_id)
    state.drop_approval(approval)
    state.decided[approval.approval_id] = _text({"decision": event.decision, "by": event.by, "at": iso8601(at_ms)})
    if len(state.decided) > DECIDED_MAX:
        del state.decided[next(iter(state.decided))]
    task = state.tasks.get(approval.path)
    if task is None:
        raise CorruptHistory(f"run {state.run_id}: the task of the approval {approval.approval_id!r} has gone")
    if approval.approval_id != approval.path:
        task.verdicts[approval.approval_id] = event.output or "null"
        return
    task.awaiting = None
    if event.output is not None:
        task.output = event.output


def _scheduled(state: RunState, event: e.NoticeScheduled) -> None:
    if event.notice_id not in state.notices and (approval := state.approvals.get(event.approval_id)) is not None:
        _put(state, replace(approval, notices=approval.notices + 1))
    state.notices[event.notice_id] = Notice(
        notice_id=event.notice_id,
        approval_id=event.approval_id,
        path=event.path,
        channel=event.channel,
        purpose=event.purpose,
        attempt=event.attempt,
        details=event.details,
    )


def _answered(state: RunState, event: e.NoticeDelivered | e.NoticeFailed) -> None:
    if isinstance(event, e.NoticeFailed) and event.retry_at_ms:
        return
    notice = state.notices.pop(event.notice_id, None)
    if notice is None:
        raise CorruptHistory(f"run {state.run_id}: no notice {event.notice_id!r} is on its way")
    approval = state.approvals.get(notice.approval_id)
    if approval is None:
        return
    number = str(notice.channel)
    undelivered = json.loads(approval.undelivered)
    if isinstance(event, e.NoticeFailed):
        _put(state, replace(approval, undelivered=_text({**undelivered, number: event.error})))
        return
    undelivered.pop(number, None)
    receipts = json.loads(approval.receipts)
    if notice.purpose == "opened":
        receipts[number] = json.loads(event.receipt)
    _put(state, replace(approval, receipts=_text(receipts), undelivered=_text(undelivered)))


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
