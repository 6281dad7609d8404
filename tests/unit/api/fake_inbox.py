"""The inbox of a Postgres that is behind: it has the open approvals, and knows nothing of those that ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from engine.approvals import Approval
from engine.snapshot import State
from engine.state import RunState
from infra.read_models import (
    ApprovalDetail,
    ApprovalFilter,
    ApprovalPage,
    ApprovalSort,
    ApprovalSummary,
    InvalidCursor,
)
from infra.snapshot_rows import NEVER_MS


@dataclass(slots=True)
class FakeInbox:
    """The open approvals of the states in a log."""

    states: Mapping[str, State]

    async def get(self, run_id: str, approval_id: str) -> ApprovalDetail | None:
        del run_id, approval_id
        return None

    async def page(
        self, wanted: ApprovalFilter, sort: ApprovalSort, *, after: str | None = None, limit: int = 50
    ) -> ApprovalPage:
        del sort
        if after is not None:
            raise InvalidCursor
        found = [row for row in self._rows() if not wanted.asked or set(wanted.asked) & _asked(row)]
        return ApprovalPage(approvals=tuple(found[:limit]), next_cursor=None, count=len(found))

    def _rows(self) -> list[ApprovalSummary]:
        runs = [state for state in self.states.values() if isinstance(state, RunState)]
        return [_summary(run, approval) for run in runs for approval in run.approvals.values()]


def _asked(row: ApprovalSummary) -> set[str]:
    return {f"person:{name}" for name in row.assignees} | {f"group:{name}" for name in row.groups} or {"anybody"}


def _summary(run: RunState, approval: Approval) -> ApprovalSummary:
    return ApprovalSummary(
        run_id=run.run_id,
        approval_id=approval.approval_id,
        path=approval.path,
        namespace=run.namespace,
        name=run.name,
        version=run.version,
        started_by=run.started_by,
        title=json.loads(approval.request)["title"],
        status="open",
        digest=approval.digest,
        assignees=list(approval.assignees),
        groups=list(approval.groups),
        claimed_by=approval.claimed_by,
        quorum=1,
        votes=len(approval.votes),
        comments=len(approval.comments),
        is_undelivered=False,
        opened_at_ms=approval.opened_at_ms,
        deadline_ms=NEVER_MS,
        decided_at_ms=None,
        decided_by="",
    )
