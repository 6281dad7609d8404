"""People who answer approvals as a test says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import commands as c
from engine.approvals import Approval
from engine.paths import pointer
from engine.state import RunState
from testkit.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Decides:
    """What one person does about an approval."""

    by: str = "somebody"
    act: str = "approve"
    data: Any = None
    comment: str = ""
    to: str = ""
    groups: tuple[str, ...] = ()
    channel: str = "ui"


def answer(journal: Journal, run_id: str, results: Mapping[str, Any], used: dict[str, int]) -> bool:
    """Let the next person a test has scripted act on an open approval; tell whether there was one."""
    state = journal.states.get(run_id)
    if not isinstance(state, RunState):
        return False
    for approval in state.approvals.values():
        scripted, key = _scripted(approval, results)
        turn = used.get(key, 0)
        if turn < len(scripted):
            used[key] = turn + 1
            act(journal, run_id, approval.approval_id, scripted[turn])
            return True
    return False


def act(journal: Journal, run_id: str, approval_id: str, person: Decides) -> None:
    """Let a person act."""
    order = c.ActOnApproval(
        approval_id=approval_id,
        act=person.act,
        data=json.dumps(person.data),
        comment=person.comment,
        to=person.to,
        channel=person.channel,
        groups=json.dumps(person.groups),
    )
    journal.order(run_id, order, actor=f"user:{person.by}")


def _scripted(approval: Approval, results: Mapping[str, Any]) -> tuple[tuple[Decides, ...], str]:
    at = pointer(approval.path)
    key = at if at in results else at.rpartition("/")[2]
    found = results.get(key, ())
    people = found if isinstance(found, tuple) else (found,)
    return tuple(person for person in people if isinstance(person, Decides)), f"{key}!{approval.approval_id}"
