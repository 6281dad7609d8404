"""What people are asked, and what they answer: the inbox, one approval, and acts as orders to its run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.approval_models import ApprovalQuery
from api.approval_views import open_view, stored_view, summary_view
from api.auth import Caller, Permission, Principal
from api.commands import Commands
from api.moments import past
from api.ports import Inbox
from api.problems import Problem, bad_request, conflict, forbidden, not_found, unprocessable
from api.runs import Runs, store_away
from engine.approvals import Approval
from engine.commands import ActOnApproval
from engine.events import ApprovalClosed, Commit
from engine.instants import iso8601
from engine.state import RunState
from infra.errors import Unreachable
from infra.people import People
from infra.read_models import ApprovalFilter, InvalidCursor

ANYBODY = "anybody"
OPEN = "open"
#: Newest events of a run in which the end of an approval is looked for.
LOOKED_AT = 1_000
PERSON = "user:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person does: the order without who and their groups."""

    act: str
    data: str = "null"
    comment: str = ""
    to: str = ""
    digest: str = ""
    channel: str = "ui"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Reads approvals and carries acts to their runs."""

    inbox: Inbox
    runs: Runs
    commands: Commands
    people: People

    async def page(self, asked: ApprovalQuery, name: str) -> dict[str, Any]:
        """Give a page of the inbox of the person called `name`."""
        wanted = ApprovalFilter(
            asked=self._asked(asked, name),
            statuses=tuple(asked.status),
            text=asked.text,
            run_id=asked.run,
            namespace=asked.namespace,
            name=asked.name,
            as_of=past(asked.as_of),
        )
        try:
            page = await self.inbox.page(wanted, asked.sort, after=asked.cursor, limit=asked.limit)
        except InvalidCursor as error:
            raise bad_request(str(error)) from None
        except Unreachable as error:
            raise store_away(error) from None
        items = [summary_view(found) for found in page.approvals]
        return {"items": items, "next": page.next_cursor, "count": page.count}

    async def get(self, place: tuple[str, str], name: str) -> dict[str, Any]:
        """Give one approval as the person called `name` sees it. Raises a 404 problem."""
        run_id, approval_id = place
        state = await self.runs.state(run_id)
        if (approval := state.approvals.get(approval_id)) is not None:
            return {**open_view(state, approval), "may_decide": self.may_decide(state, approval, name)}
        try:
            stored = await self.inbox.get(run_id, approval_id)
        except Unreachable as error:
            raise store_away(error) from None
        if stored is not None and stored.status != OPEN:
            return {**stored_view(stored), "may_decide": False}
        # Postgres is a moment behind: the log has it.
        view = await self._ended(state, approval_id)
        if view is None:
            raise not_found(f"there is no approval {approval_id[:200]} in run {run_id[:100]}")
        return view

    async def _ended(self, state: RunState, approval_id: str) -> dict[str, Any] | None:
        """Give an approval that ended just now, from the newest events of its run."""
        for commit in reversed(await self.runs.commits(state.run_id, max(1, state.seq - LOOKED_AT), LOOKED_AT)):
            for seq, event in enumerate(commit.events, start=commit.seq):
                if isinstance(event, ApprovalClosed) and event.approval_id == approval_id:
                    before = await self.runs.state_at(state.run_id, seq - 1)
                    ending = {"status": event.decision, "decided_by": event.by or None, "may_decide": False}
                    ending["decided_at"] = iso8601(commit.at_ms)
                    return {**open_view(before, before.approvals[approval_id]), **ending}
        return None

    def may_decide(self, state: RunState, approval: Approval, name: str) -> bool:
        """Tell whether the rules would take a decision of this person now."""
        request = json.loads(approval.request)
        is_own = state.started_by.removeprefix(PERSON) == name
        has_voted = any(json.loads(vote)["by"] == name for vote in approval.votes)
        is_taken = request["quorum"] == 1 and approval.claimed_by not in ("", name)
        is_open = not approval.assignees and not approval.groups
        is_asked = is_open or name in approval.assignees or bool(set(approval.groups) & set(self._groups(name)))
        return is_asked and not has_voted and not is_taken and (request["selfApproval"] or not is_own)

    async def act(self, place: tuple[str, str], by: Caller, act: Act) -> Commit | None:
        """Let a person act. Raises a problem that says why not: 403, 404, 409 with who decided and when, 422."""
        run_id, approval_id = place
        name = by.actor.removeprefix(PERSON)
        order = ActOnApproval(
            approval_id=approval_id,
            act=act.act,
            data=act.data,
            comment=act.comment,
            to=act.to,
            channel=act.channel,
            groups=json.dumps(self._groups(name), ensure_ascii=False),
            digest=act.digest,
        )
        try:
            return await self.commands.order(run_id, order, by)
        except Problem as problem:
            raise refusal(problem) from None

    async def check_may_withdraw(self, place: tuple[str, str], principal: Principal) -> None:
        """Refuse whoever neither started the run nor controls runs."""
        state = await self.runs.state(place[0])
        is_starter = state.started_by == principal.caller.actor
        if not is_starter and not principal.may(Permission.CONTROL_RUNS):
            raise forbidden("only whoever started the run, or an operator, may withdraw what it asks")

    def _groups(self, name: str) -> tuple[str, ...]:
        return self.people.groups_of(name)

    def _asked(self, asked: ApprovalQuery, name: str) -> tuple[str, ...]:
        """Give what an approval has to ask to be in the list; nothing for all."""
        if asked.group:
            return tuple(f"group:{each}" for each in asked.group)
        if asked.who == "all" or asked.status != ["open"]:
            return ()
        return (f"person:{name}", ANYBODY, *(f"group:{each}" for each in self._groups(name)))


def refusal(problem: Problem) -> Problem:
    """Give the problem for an act that the rules refused, by which sort of refusal it is."""
    details = _details(problem.extra)
    match problem.extra.get("refusal"):
        case "closed":
            who = details if isinstance(details, dict) else {}
            return conflict("approval-closed", problem.detail, **who)
        case "forbidden":
            return forbidden(problem.detail)
        case "unknown":
            return not_found(problem.detail)
        case "conflict" | "stale" as kind:
            return conflict(f"approval-{kind}", problem.detail)
        case "invalid":
            listed = details if isinstance(details, list) else []
            return unprocessable("invalid-form", problem.detail, problems=[_field(each) for each in listed])
        case _:
            return problem


def _details(extra: Mapping[str, Any]) -> Any:
    return json.loads(extra.get("details", "null"))


def _field(violation: str) -> dict[str, str]:
    """Give place and message of one violation, which the validator writes as `/PLACE: SENTENCE`."""
    place, _, message = violation.partition(": ")
    return {"pointer": place, "message": message}
