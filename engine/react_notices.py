"""Notices of approvals as tasks for the workers."""

from __future__ import annotations

import json

from engine import events as e
from engine import messages as m
from engine.decide.notices import NODE_TYPE
from engine.react_tasks import of_run
from engine.state import RunState


def notice(state: RunState, event: e.NoticeScheduled) -> list[m.Message]:
    """Give the task that delivers a notice.

    One that asks for an answer is only sent while the approval is open; one that tells of its end always, since the run
    may have ended with it.
    """
    approval = state.approvals.get(event.approval_id)
    known = state.notices.get(event.notice_id)
    details = json.loads(event.details)
    if event.purpose != "closed":
        if approval is None or known is None or known.attempt != event.attempt:
            return []
        request = json.loads(approval.request)
        details = {
            **{name: request[name] for name in ("title", "context", "form", "ui", "quorum")},
            "channel": request["channels"][event.channel],
            "assignees": approval.assignees,
            "groups": approval.groups,
            "deadlineMs": approval.deadline_ms,
            "digest": approval.digest,
            "receipt": json.loads(approval.receipts).get(str(event.channel)),
        }
    arguments = {"approval": event.approval_id, "purpose": event.purpose, **details}
    return [
        m.DispatchTask(
            path=event.notice_id,
            attempt=event.attempt,
            node_type=NODE_TYPE,
            arguments=m.json_text(arguments),
            secret_expressions=None,
            deadline_ms=0,
            **of_run(state),
        )
    ]
