"""From the events of approvals to the rows Postgres keeps of them.

Rows come from the events of each commit and not only from the state between writes: an approval that opens and ends
between two writes has its row all the same, so the rows do not depend on when they were written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine import events as e
from engine.approvals import Approval
from engine.events import Commit
from engine.evolve_approvals import ApprovalEvent, evolve_approval
from engine.state import RunState, Task
from infra.snapshot_rows import NEVER_MS, ApprovalRow, storable

OPEN = "open"
CANCELLED = "cancelled"
COLUMN_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an approval ended."""

    decision: str
    by: str
    at_ms: int


def approval_rows(
    before: Mapping[str, Approval], state: RunState, commit: Commit, partition: int
) -> Iterator[ApprovalRow]:
    """Give the rows of the approvals that a commit changed. `before` are those open before it, `state` is after it."""
    ended = _ended(before, commit)
    for approval, ending in ended.values():
        yield _row(approval, state, ending, partition)
    for approval_id, approval in state.approvals.items():
        if before.get(approval_id) is not approval:
            yield _row(approval, state, None, partition)
    for approval_id, approval in before.items():
        if approval_id not in state.approvals and approval_id not in ended:
            ending = Ending(decision=CANCELLED, by="", at_ms=commit.at_ms)
            yield _row(approval, state, ending, partition)


def _ended(before: Mapping[str, Approval], commit: Commit) -> dict[str, tuple[Approval, Ending]]:
    """Fold the events of approvals alone, to know each as it was when it ended."""
    scratch = RunState(run_id=commit.run_id, approvals=dict(before))
    found: dict[str, tuple[Approval, Ending]] = {}
    for event in commit.events:
        if not isinstance(event, ApprovalEvent):
            continue
        if isinstance(event, e.ApprovalOpened):
            scratch.tasks[event.path] = Task(
                path=event.path, parent="", kind="call", raw_input="", input="", started_at_ms=commit.at_ms
            )
        if isinstance(event, e.ApprovalClosed):
            ending = Ending(decision=event.decision, by=event.by, at_ms=commit.at_ms)
            found[event.approval_id] = (scratch.approvals.pop(event.approval_id), ending)
        elif not isinstance(event, e.NoticeScheduled | e.NoticeDelivered | e.NoticeFailed):
            evolve_approval(scratch, event, commit.at_ms)
    return found


def _row(approval: Approval, state: RunState, ending: Ending | None, partition: int) -> ApprovalRow:
    request = json.loads(approval.request)
    detail = {
        "decisions": [json.loads(vote) for vote in approval.votes],
        "comments": [json.loads(comment) for comment in approval.comments],
        "undelivered": json.loads(approval.undelivered),
        "escalated": approval.escalated,
        "reminded": approval.reminded,
    }
    return ApprovalRow(
        run_id=storable(state.run_id),
        approval_id=storable(approval.approval_id),
        partition=partition,
        path=storable(approval.path),
        namespace=_column(state.namespace),
        name=_column(state.name),
        version=_column(state.version),
        started_by=_column(state.started_by),
        title=_column(request["title"]),
        status=OPEN if ending is None else ending.decision,
        digest=approval.digest,
        assignees=[_column(name) for name in approval.assignees],
        groups=[_column(name) for name in approval.groups],
        asked=[] if ending is not None else _asked(approval),
        claimed_by=_column(approval.claimed_by),
        quorum=request["quorum"],
        votes=len(approval.votes),
        comments=len(approval.comments),
        is_undelivered=approval.undelivered != "{}",
        opened_at_ms=approval.opened_at_ms,
        deadline_ms=approval.deadline_ms or NEVER_MS,
        decided_at_ms=None if ending is None else ending.at_ms,
        decided_by="" if ending is None else _column(ending.by),
        request=storable(approval.request),
        detail=storable(json.dumps(detail, separators=(",", ":"), ensure_ascii=False)),
    )


def _asked(approval: Approval) -> list[str]:
    people = [f"person:{_column(name)}" for name in approval.assignees]
    groups = [f"group:{_column(name)}" for name in approval.groups]
    return [*people, *groups] or ["anybody"]


def _column(text: str) -> str:
    return storable(text)[:COLUMN_CHARACTERS]
