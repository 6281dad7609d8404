"""Tools whose single calls a person has to allow."""

from __future__ import annotations

import json
from typing import Any

from engine import events as e
from engine.state import phase
from testkit import Decides, answer, calls
from tests.unit.engine.agent_documents import ask, events_of, told

PAY = {
    "node": "pay",
    "description": "Pays.",
    "parameters": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}},
    "policy": "ask",
}
FIVE = calls(("pay", {"amount": 5}))


def asked(*people: Decides, **more: Any) -> Any:
    """Play an agent that wants to pay five once; people answer in turn."""
    return ask({"ask": (FIVE, answer("ok"), *people), "pay": {"paid": True}}, tools=[PAY], **more)


def test_a_call_waits_for_a_person_who_sees_its_arguments() -> None:
    played = asked()
    (opened,) = events_of(played, e.ApprovalOpened)
    request = json.loads(opened.request)
    assert (opened.approval_id, opened.path) == ("/do/0/ask#1.1", "/do/0/ask")
    assert request["title"] == "Call the tool pay?"
    assert request["context"][-1]["json"] == {"amount": 5}
    assert request["form"]["properties"]["arguments"]["default"] == {"amount": 5}
    assert not events_of(played, e.ToolCalled)
    assert phase(played.state) == "waiting"


def test_a_yes_makes_the_call_as_it_is() -> None:
    played = asked(Decides(by="ana"))
    (called,) = events_of(played, e.ToolCalled)
    assert (json.loads(called.arguments), called.edited) == ({"amount": 5}, False)
    assert told(played, 2) == ['{"paid":true}']


def test_a_person_may_change_the_arguments_and_the_model_is_told() -> None:
    played = asked(Decides(by="ana", data={"arguments": {"amount": 3}}))
    (called,) = events_of(played, e.ToolCalled)
    assert (json.loads(called.arguments), called.edited) == ({"amount": 3}, True)
    assert ("/do/0/ask/turns/tools/0/pay", {"amount": 3}) in played.calls
    assert json.loads(told(played, 2)[0])["arguments"] == {"amount": 3}


def test_arguments_that_do_not_fit_the_tool_are_no_decision() -> None:
    played = asked(Decides(by="ana", data={"arguments": {"amount": "much"}}), Decides(by="ana"))
    assert isinstance([event for event in played.events if isinstance(event, e.CommandRejected)][0], e.CommandRejected)
    assert json.loads(events_of(played, e.ToolCalled)[0].arguments) == {"amount": 5}


def test_a_no_is_told_to_the_model_with_its_reason() -> None:
    played = asked(Decides(by="ana", act="reject", comment="too much"))
    assert not events_of(played, e.ToolCalled)
    assert "too much" in told(played, 2)[0]
    assert played.output["text"] == "ok"


def test_the_author_says_who_is_asked_and_how_long_they_have() -> None:
    terms = {"groups": ["finance"], "deadline": "PT1H", "title": "Pay?"}
    played = asked(approval=terms)
    request = json.loads(events_of(played, e.ApprovalOpened)[0].request)
    assert (request["title"], request["groups"]) == ("Pay?", ["finance"])
    assert (played.status, played.error["status"]) == ("faulted", 408)
    assert "tool pay" in played.error["detail"]


def test_only_the_call_in_question_waits() -> None:
    look = {"node": "look", "parameters": {"type": "object"}}
    script = {"model": (calls(("pay", {"amount": 5}), ("look", {})), answer("ok")), "look": {}}
    played = ask(script, tools=[PAY, look])
    assert [event.name for event in events_of(played, e.ToolCalled)] == ["look"]
    assert [type(event).__name__ for event in played.events].count("ApprovalOpened") == 1
