"""Approvals: who may decide, what is recorded, and what becomes of the run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import events as e
from engine.approvals import digest_of
from testkit import Decides, Fails, Play, play

HEAD = "document: {dsl: '1.0.3', namespace: t, name: approve, version: '1.0.0'}\n"
ANA, BEN, CAT = Decides(by="ana"), Decides(by="ben"), Decides(by="cat")


def asked(results: Any = (), **terms: Any) -> Play:
    """Play a run that asks; the results are what people do, in turn."""
    with_ = json.dumps({"title": "Pay?", **terms})
    return play(f"{HEAD}do: [{{ask: {{call: human_approval, with: {with_}}}}}]", {}, {"ask": results})


def of_kind(played: Play, kind: type[Any]) -> list[Any]:
    return [event for event in played.events if isinstance(event, kind)]


def refusals(played: Play) -> list[tuple[str, str]]:
    return [(event.kind, event.reason) for event in of_kind(played, e.CommandRejected)]


def test_an_open_approval_waits_and_shows_what_it_asks() -> None:
    played = asked(context=["**yes?**", {"table": [{"a": 1}]}], assignees=["ana"])
    (approval,) = played.state.approvals.values()
    assert played.status == "running"
    assert played.state.tasks["/do/0/ask"].awaiting == "approval"
    request = json.loads(approval.request)
    assert request["context"] == [{"markdown": "**yes?**"}, {"table": [{"a": 1}]}]
    assert approval.digest == digest_of(request)
    assert len(approval.digest) == 64


def test_the_decision_is_the_tasks_output_and_holds_who_when_how_and_what() -> None:
    form = {"type": "object", "required": ["note"], "properties": {"note": {"type": "string"}}}
    played = asked(Decides(by="ana", data={"note": "ok"}, comment="fine", channel="slack"), form=form)
    assert played.status == "completed"
    output = played.output
    assert (output["decision"], output["by"], output["data"]) == ("approved", "ana", {"note": "ok"})
    assert output["at"].startswith("2023-")
    assert output["channel"] == "slack"
    assert [comment["text"] for comment in output["comments"]] == ["fine"]
    (decided,) = of_kind(played, e.ApprovalDecided)
    assert decided.digest == output["digest"]
    assert decided.channel == "slack"


@pytest.mark.parametrize(("act", "decision"), [("reject", "rejected"), ("request_changes", "changes_requested")])
def test_a_no_is_an_output_that_the_author_can_switch_on(act: str, decision: str) -> None:
    played = asked(Decides(by="ana", act=act, comment="no"), form={"type": "object", "required": ["x"]})
    assert played.status == "completed"
    assert played.output["decision"] == decision


def test_a_no_is_an_error_where_the_author_wants_it() -> None:
    played = asked(Decides(by="ana", act="reject", comment="too much"), onReject="fault")
    assert played.status == "faulted"
    assert played.error["status"] == 403
    assert "rejected by ana: too much" in played.error["detail"]


def test_a_form_that_does_not_fit_is_refused_with_the_field_and_only_the_attempt_is_recorded() -> None:
    form = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
    played = asked((Decides(by="ana", data={"amount": "much"}), Decides(by="ana", data={"amount": 3})), form=form)
    ((kind, reason),) = refusals(played)
    assert kind == "invalid"
    assert "/amount" in reason
    assert len(of_kind(played, e.ApprovalDecided)) == 1
    assert played.output["data"] == {"amount": 3}


def test_only_those_who_are_asked_may_decide() -> None:
    in_group = Decides(by="dan", groups=("finance",))
    played = asked((ANA, BEN, in_group), assignees=["cat"], groups=["finance"])
    assert [kind for kind, _ in refusals(played)] == ["forbidden", "forbidden"]
    assert "cat, group finance may decide" in refusals(played)[0][1]
    assert played.output["by"] == "dan"


def test_a_quorum_counts_distinct_people() -> None:
    played = asked((ANA, ANA, BEN), quorum=2, assignees=["ana", "ben", "cat"])
    assert [kind for kind, _ in refusals(played)] == ["conflict"]
    assert [vote["by"] for vote in played.output["decisions"]] == ["ana", "ben"]


def test_one_no_ends_a_quorum() -> None:
    played = asked((ANA, Decides(by="ben", act="reject")), quorum=3)
    assert (played.output["decision"], played.output["by"]) == ("rejected", "ben")


def test_whoever_started_the_run_may_not_decide_where_four_eyes_are_wanted() -> None:
    played = asked((Decides(by="test"),), selfApproval=False)
    assert played.state.started_by == "test"
    assert refusals(played)[0][0] == "forbidden"
    assert len(played.state.approvals) == 1


def test_a_claim_keeps_others_from_deciding_until_it_is_released() -> None:
    acts = (
        Decides(by="ana", act="claim"),
        BEN,
        Decides(by="ben", act="release"),
        Decides(by="ana", act="release"),
        BEN,
    )
    played = asked(acts)
    assert [reason for _, reason in refusals(played)] == [
        "ana has claimed it and has to release it first",
        "ben has not claimed it",
    ]
    assert played.output["by"] == "ben"


def test_delegating_hands_the_question_over() -> None:
    played = asked((Decides(by="ana", act="delegate", to="ben", comment="yours"), ANA, BEN), assignees=["ana"])
    assert [kind for kind, _ in refusals(played)] == ["forbidden"]
    assert played.output["by"] == "ben"
    assert played.output["comments"][0]["text"] == "yours"


def test_withdrawing_ends_it_without_a_decision_of_those_asked() -> None:
    played = asked(Decides(by="test", act="withdraw", comment="mistake"), assignees=["ana"])
    assert (played.output["decision"], played.output["comment"]) == ("withdrawn", "mistake")


def test_a_late_decision_is_told_who_decided_and_when() -> None:
    with_ = "{call: human_approval, with: {title: Pay?}}"
    played = play(f"{HEAD}do: [{{ask: {with_}}}, {{later: {with_}}}]", {}, {"ask": ANA})
    from testkit.people import act

    act(played.journal, "run", "/do/0/ask", BEN)
    ((kind, reason),) = refusals(played)
    assert kind == "closed"
    assert reason.startswith("the approval was approved by ana at 2023-")


@pytest.mark.parametrize(
    ("on_timeout", "status", "decision"),
    [("fault", "faulted", None), ("reject", "completed", "rejected"), ("approve", "completed", "approved")],
)
def test_a_deadline_does_what_the_author_wrote(on_timeout: str, status: str, decision: str | None) -> None:
    played = asked(deadline="PT1H", onTimeout=on_timeout)
    assert played.status == status
    if decision is None:
        assert played.error["type"].endswith("/timeout")
    else:
        assert (played.output["decision"], played.output["by"]) == (decision, "timeout")


def test_reminders_go_out_and_escalation_asks_others_with_a_new_deadline() -> None:
    played = asked(
        assignees=["ana"],
        deadline={"hours": 4},
        reminders=["PT1H", "PT2H"],
        escalation=[{"assignees": ["boss"]}],
        onTimeout="escalate",
        channels=["ui", {"email": {"to": "x@y.example"}}],
    )
    assert [event.number for event in of_kind(played, e.ApprovalReminded)] == [1, 2]
    (escalated,) = of_kind(played, e.ApprovalEscalated)
    assert json.loads(escalated.assignees) == ["boss"]
    assert escalated.deadline_ms
    assert played.status == "faulted"
    assert [notice["purpose"] for notice in played.notices] == ["opened", "reminder", "reminder", "escalated", "closed"]


def test_a_notice_that_fails_is_tried_again_and_then_the_approval_says_so() -> None:
    body = "ask: {call: human_approval, with: {title: Pay?, channel: slack}}"
    played = play(f"{HEAD}do: [{{{body}}}]", {}, {"notice slack": Fails(status=503, detail="slack is away")})
    assert [event.retry_at_ms > 0 for event in of_kind(played, e.NoticeFailed)] == [True] * 4 + [False]
    (approval,) = played.state.approvals.values()
    assert json.loads(approval.undelivered) == {"0": "slack is away"}
    assert not played.state.notices


def test_the_receipt_of_a_channel_comes_back_when_the_approval_ends() -> None:
    body = "ask: {call: human_approval, with: {title: Pay?, channels: [slack, ui]}}"
    results = {"notice slack": {"ts": "1.5"}, "ask": ANA}
    played = play(f"{HEAD}do: [{{{body}}}]", {}, results)
    assert played.status == "completed"
    assert [notice["receipt"] for notice in played.notices] == [None, {"ts": "1.5"}]


def test_what_is_cancelled_asks_nobody_any_more() -> None:
    body = "f: {fork: {compete: true, branches: [{ask: {call: human_approval, with: {title: Q}}}, {w: {wait: PT1S}}]}}"
    played = play(f"{HEAD}do: [{{{body}}}]")
    (closed,) = of_kind(played, e.ApprovalClosed)
    assert closed.decision == "cancelled"
    assert not played.state.approvals
    assert played.status == "completed"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"title": ""}, "title: expected a text"),
        ({"quorum": 0}, "quorum: expected a whole number"),
        ({"quorum": 3, "assignees": ["a"]}, "at most 1"),
        ({"form": {"type": "nonsense"}}, "form: expected a JSON Schema"),
        ({"context": [{"link": {"href": "javascript:alert(1)"}}]}, "context[0].link"),
        ({"context": [{"image": {"src": "data:text/html,x"}}]}, "context[0].image"),
        ({"onTimeout": "shrug"}, "onTimeout: expected one of fault"),
        ({"deadline": "soon"}, "deadline: expected an ISO 8601 duration"),
        ({"channels": [7]}, "channels[0]: expected a channel"),
        ({"escalation": [{"after": "PT1H"}]}, "escalation[0]: expected assignees or groups"),
        ({"surprise": 1}, "with: expected some of"),
    ],
)
def test_terms_that_are_wrong_fault_with_the_place(terms: dict[str, Any], said: str) -> None:
    played = asked((), **terms)
    assert played.status == "faulted"
    assert said in played.error["detail"]
