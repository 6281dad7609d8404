"""Approvals as the JSON that the API answers with, and the ids that name them in addresses."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from api.events_json import instant
from api.problems import not_found
from api.rendering import rendered
from engine.approvals import Approval
from engine.instants import iso8601
from engine.paths import pointer
from engine.state import RunState
from infra.read_models.approvals import ApprovalDetail, ApprovalSummary
from infra.snapshot_rows import NEVER_MS


def id_of(run_id: str, approval_id: str) -> str:
    """Give the name of an approval in addresses."""
    return base64.urlsafe_b64encode(json.dumps([run_id, approval_id]).encode()).decode().rstrip("=")


def place_of(name: str) -> tuple[str, str]:
    """Give run and approval id that a name stands for. Raises a 404 problem for what is none."""
    try:
        found = json.loads(base64.b64decode(name + "=" * (-len(name) % 4), altchars=b"-_", validate=True))
        run_id, approval_id = found
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise not_found(f"there is no approval {name[:100]}") from None
    if not isinstance(run_id, str) or not isinstance(approval_id, str):
        raise not_found(f"there is no approval {name[:100]}")
    return run_id, approval_id


def summary_view(found: ApprovalSummary) -> dict[str, Any]:
    """Give an approval as a list shows it."""
    return {
        "id": id_of(found.run_id, found.approval_id),
        "run": found.run_id,
        "task": pointer(found.path),
        "path": found.path,
        "workflow": {"namespace": found.namespace, "name": found.name, "version": found.version},
        "title": found.title,
        "status": found.status,
        "started_by": found.started_by,
        "assignees": found.assignees,
        "groups": found.groups,
        "claimed_by": found.claimed_by or None,
        "quorum": found.quorum,
        "votes": found.votes,
        "comments": found.comments,
        "opened_at": instant(found.opened_at_ms),
        "deadline": None if found.deadline_ms >= NEVER_MS else instant(found.deadline_ms),
        "decided_at": None if found.decided_at_ms is None else instant(found.decided_at_ms),
        "decided_by": found.decided_by or None,
        "digest": found.digest,
        "undelivered": found.is_undelivered,
    }


def stored_view(found: ApprovalDetail) -> dict[str, Any]:
    """Give an approval as Postgres has it, with all that is shown."""
    detail = json.loads(found.detail)
    return {**summary_view(found), **_shown(json.loads(found.request), detail["undelivered"]), **_said(detail)}


def open_view(state: RunState, approval: Approval) -> dict[str, Any]:
    """Give an open approval as the state has it, with all that is shown."""
    request = json.loads(approval.request)
    undelivered = json.loads(approval.undelivered)
    detail = {
        "decisions": [json.loads(vote) for vote in approval.votes],
        "comments": [json.loads(comment) for comment in approval.comments],
    }
    return {
        "id": id_of(state.run_id, approval.approval_id),
        "run": state.run_id,
        "task": pointer(approval.path),
        "path": approval.path,
        "workflow": {"namespace": state.namespace, "name": state.name, "version": state.version},
        "title": request["title"],
        "status": "open",
        "started_by": state.started_by,
        "assignees": list(approval.assignees),
        "groups": list(approval.groups),
        "claimed_by": approval.claimed_by or None,
        "quorum": request["quorum"],
        "votes": len(approval.votes),
        "opened_at": iso8601(approval.opened_at_ms),
        "deadline": iso8601(approval.deadline_ms) if approval.deadline_ms else None,
        "decided_at": None,
        "decided_by": None,
        "digest": approval.digest,
        "undelivered": bool(undelivered),
        **_shown(request, undelivered),
        **_said(detail),
    }


def _said(detail: dict[str, Any]) -> dict[str, Any]:
    return {"decisions": detail["decisions"], "comments": detail["comments"]}


def _shown(request: dict[str, Any], undelivered: dict[str, str]) -> dict[str, Any]:
    channels = [
        {"name": channel["name"], "error": undelivered.get(str(number))}
        for number, channel in enumerate(request["channels"])
    ]
    if all(channel["name"] != "ui" for channel in channels):
        channels.append({"name": "ui", "error": None})
    rules = {name: request[name] for name in ("quorum", "selfApproval", "onTimeout", "onReject", "escalation")}
    return {
        "title": request["title"],
        "context": [rendered(part) for part in request["context"]],
        "form": request["form"],
        "ui": request["ui"],
        "channels": channels,
        "rules": rules,
    }
