"""Limits of an agent, retries of its model calls, and agents taken up again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import commands as c
from engine import events as e
from engine import messages as m
from testkit import Fails, Journal, answer, calls
from testkit.play import definition_of, world_of
from tests.unit.engine.agent_documents import LOOK, ask, document, events_of

AGAIN = calls(("look", {"at": 1}))


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"turns": 2}, "turns"),
        ({"tokens": 30}, "tokens"),
        ({"money": {"amount": "0.002", "currency": "EUR"}}, "money"),
    ],
)
def test_a_limit_that_is_reached_is_a_fault_that_names_it(limits: dict[str, Any], name: str) -> None:
    played = ask({"ask": AGAIN, "look": {}}, tools=[LOOK], limits=limits)
    assert (played.status, played.error["title"], played.error["limit"]) == ("faulted", "Agent Limit Reached", name)
    assert f"limits.{name}" in played.error["detail"]
    assert len(events_of(played, e.TurnStarted)) == 2


def test_calls_that_do_not_fit_count_against_the_limit() -> None:
    played = ask({"ask": calls(("look", {}))}, tools=[LOOK], limits={"turns": 3})
    assert played.error["limit"] == "turns"


def test_an_agent_has_a_limit_of_turns_of_its_own() -> None:
    played = ask({"ask": AGAIN, "look": {}}, tools=[LOOK])
    assert played.error["limit"] == "turns"


def test_money_cannot_be_limited_without_a_price_or_in_another_currency() -> None:
    limits = {"money": {"amount": 1, "currency": "EUR"}}
    played = ask({"ask": {**AGAIN, "cost": None}, "look": {}}, tools=[LOOK], limits=limits)
    assert "no price is known for scripted" in played.error["detail"]
    dollars = {**AGAIN, "cost": {"amount": "0.1", "currency": "USD"}}
    played = ask({"ask": dollars, "look": {}}, tools=[LOOK], limits=limits)
    assert "in EUR, and the price of the model in USD" in played.error["detail"]


def test_time_is_a_limit_of_the_whole_agent() -> None:
    journal = begun(limits={"wallTime": "PT10S"})
    timer = next(message for message in journal.outbox if isinstance(message, m.SetTimer))
    commit = journal.fire(timer)
    fault = next(event for event in commit.events if isinstance(event, e.RunFaulted))
    assert json.loads(fault.error)["limit"] == "wallTime"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"limits": {"turns": 0}}, "with.limits.turns"),
        ({"limits": {"money": {"amount": "much", "currency": "EUR"}}}, "with.limits.money.amount"),
        ({"limits": {"wallTime": "soon"}}, "with.limits.wallTime"),
        ({"prompt": None}, "expected a `prompt` or `messages`"),
        ({"messages": "hello"}, "with.messages"),
    ],
)
def test_what_means_nothing_faults_at_once(wrong: dict[str, Any], where: str) -> None:
    played = ask({}, **wrong)
    assert where in played.error["detail"]


def test_a_rate_limit_is_waited_for_as_long_as_the_provider_asks() -> None:
    busy = Fails(status=429, retryable=True, more={"retryAfterMs": 1500})
    played = ask({"ask": (busy, busy, answer("ok"))})
    assert played.output["text"] == "ok"
    assert [event.delay_ms for event in events_of(played, e.TaskRetried)] == [1500, 1500]
    assert played.output["turns"] == 1


def test_without_a_delay_of_the_provider_each_attempt_waits_longer() -> None:
    played = ask({"ask": Fails(status=503, retryable=True)}, limits={"attempts": 4})
    delays = [event.delay_ms for event in events_of(played, e.TaskRetried)]
    assert len(delays) == 3
    assert 1000 <= delays[0] < 2000 <= delays[1] < 4000 <= delays[2] < 8000
    assert (played.status, played.error["status"]) == ("faulted", 503)


def test_what_would_fail_again_is_not_tried_again() -> None:
    played = ask({"ask": Fails(status=401)})
    assert played.error["status"] == 401
    assert not events_of(played, e.TaskRetried)


def begun(**with_: Any) -> Journal:
    """Start an agent and leave its model call open."""
    journal = Journal(world=world_of([definition_of(document(**with_))]))
    journal.order("run", c.StartRun(namespace="test", name="main", version="1.0.0", input="{}"))
    return journal


def completed(journal: Journal, path: str, output: Any, attempt: int = 1) -> e.Commit:
    return journal.order("run", c.CompleteTask(path=path, attempt=attempt, output=json.dumps(output)))


def dispatched(journal: Journal) -> list[m.DispatchTask]:
    """Give the tasks that wait for a worker, and forget them."""
    found = [message for message in journal.outbox if isinstance(message, m.DispatchTask)]
    journal.outbox.clear()
    return found


def test_a_faulted_agent_is_taken_up_at_the_call_that_failed() -> None:
    journal = begun(tools=[LOOK])
    completed(journal, "/do/0/ask/turns@1/0/model", AGAIN)
    completed(journal, "/do/0/ask/turns@1/tools@1/0/look", {"seen": 1})
    dispatched(journal)
    journal.order("run", c.FailTask(path="/do/0/ask/turns@2/0/model", attempt=1, error='{"status":401}'))
    journal.order("run", c.RetryTask(path=""))
    (again,) = dispatched(journal)
    assert again.path == "/do/0/ask/turns@2/0/model@2"
    assert [each["role"] for each in json.loads(again.arguments)["messages"]] == ["user", "assistant", "tool"]
    completed(journal, again.path, answer("ok"))
    assert journal.states["run"].status == "completed"


def test_an_agent_in_a_suspended_run_goes_on_when_it_is_resumed() -> None:
    journal = begun(tools=[LOOK])
    journal.order("run", c.SuspendRun())
    wanted = calls(("look", {"at": 1}), ("look", {"at": 2}))
    completed(journal, "/do/0/ask/turns@1/0/model", wanted)
    assert [each.path for each in dispatched(journal)] == ["/do/0/ask/turns@1/0/model"]
    journal.order("run", c.ResumeRun())
    paths = [each.path for each in dispatched(journal)]
    assert paths == ["/do/0/ask/turns@1/tools@1/0/look", "/do/0/ask/turns@1/tools@2/0/look"]


def test_both_failures_of_two_tools_are_told_when_they_come_while_suspended() -> None:
    journal = begun(tools=[LOOK])
    completed(journal, "/do/0/ask/turns@1/0/model", calls(("look", {"at": 1}), ("look", {"at": 2})))
    dispatched(journal)
    journal.order("run", c.SuspendRun())
    for number in (1, 2):
        error = json.dumps({"status": 500 + number})
        journal.order("run", c.FailTask(path=f"/do/0/ask/turns@1/tools@{number}/0/look", attempt=1, error=error))
    journal.order("run", c.ResumeRun())
    (asked,) = dispatched(journal)
    results = [each["content"][0]["text"] for each in json.loads(asked.arguments)["messages"] if each["role"] == "tool"]
    assert [json.loads(each)["error"]["status"] for each in results] == [501, 502]


def test_a_second_answer_to_a_model_call_is_rejected() -> None:
    journal = begun()
    completed(journal, "/do/0/ask/turns@1/0/model", answer("ok"))
    commit = completed(journal, "/do/0/ask/turns@1/0/model", answer("other"))
    assert isinstance(commit.events[0], e.CommandRejected)


def test_a_conversation_that_grows_too_long_is_a_fault_that_says_so() -> None:
    half = "x" * 900_000
    script = (*[{**AGAIN, "message": {**AGAIN["message"], "content": half}}] * 6, answer("ok"))
    played = ask({"ask": script, "look": {}}, tools=[LOOK])
    assert (played.status, len(events_of(played, e.TurnStarted))) == ("faulted", 6)
    assert "the conversation has" in played.error["detail"]
