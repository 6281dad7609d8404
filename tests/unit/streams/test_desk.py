"""Which subscriptions an event is for."""

from __future__ import annotations

import json
from typing import Any

from engine.commands import Command, DeliverEvent
from engine.matching import types_of
from engine.messages import OpenSubscription
from expressions.evaluator import JqEvaluator
from schemas.cloudevents import checked
from streams.correlator import desk as desk_module
from streams.correlator.desk import Desk, Seen

OPENED_AT_MS = 1_000_000


def new_desk() -> Desk:
    return Desk(number=0, evaluator=JqEvaluator())


def subscription(run_id: str, *filters: dict[str, Any], opened_at_ms: int = OPENED_AT_MS) -> OpenSubscription:
    plain = [
        {"attributes": {}, "conditions": {}, "correlate": {}, **wanted} if "attributes" in wanted else wanted
        for wanted in filters
    ]
    return OpenSubscription(run_id=run_id, path="/do/0/l", filters=json.dumps(plain), opened_at_ms=opened_at_ms)


def put(desk: Desk, found: OpenSubscription, at_ms: int = OPENED_AT_MS) -> bool:
    new = [desk.put(key_of(found, kind), found, at_ms) for kind in types_of(found.filters)]
    return any(new)


def key_of(found: OpenSubscription, kind: str) -> bytes:
    return f"{kind}\n{found.run_id}{found.path}".encode()


def seen(kind: str = "paid", data: Any = None, *, at_ms: int = OPENED_AT_MS + 1, **attributes: Any) -> Seen:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": kind, "data": data, **attributes}
    return Seen(checked(event), at_ms)


def given_to(commands: Any) -> list[tuple[str, int]]:
    return [(command.run_id, _body(command).filter_index) for command in commands]


def _body(command: Command) -> DeliverEvent:
    assert isinstance(command.body, DeliverEvent)
    return command.body


def of_type(kind: str, **more: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, **more}}


def test_an_event_goes_to_those_who_wait_for_its_type_and_attributes() -> None:
    desk = new_desk()
    put(desk, subscription("a", of_type("paid")))
    put(desk, subscription("b", of_type("paid", source="/elsewhere")))
    put(desk, subscription("c", of_type("sent"), of_type("paid", subject="42")))
    put(desk, subscription("d", {"attributes": {"subject": "42"}}))
    assert given_to(desk.take(seen(subject="42"))) == [("a", 0), ("c", 1), ("d", 0)]
    assert given_to(desk.take(seen("sent"))) == [("c", 0)]


def test_a_subscription_that_is_over_gets_nothing() -> None:
    desk = new_desk()
    found = subscription("a", of_type("paid"))
    put(desk, found)
    desk.put(key_of(found, "paid"), None, 0)
    assert given_to(desk.take(seen())) == []
    assert not desk.subscriptions


def test_conditions_on_the_data_and_expected_keys_are_judged_here() -> None:
    desk = new_desk()
    wanted = {**of_type("paid"), "conditions": {"data": ".amount > 10"}}
    put(desk, subscription("a", wanted))
    put(desk, subscription("b", {**of_type("paid"), "correlate": {"order": {"from": ".order", "expect": 7}}}))
    put(desk, subscription("c", {**of_type("paid"), "correlate": {"order": {"from": ".data.order"}}}))
    assert given_to(desk.take(seen(data={"amount": 11, "order": 8}))) == [("a", 0), ("c", 0)]
    assert given_to(desk.take(seen(data={"amount": 9, "order": 7}))) == [("b", 0), ("c", 0)]
    assert given_to(desk.take(seen(data={"amount": 9}))) == []
    assert given_to(desk.take(seen(data="text"))) == []


def test_what_only_the_run_can_judge_is_left_to_it() -> None:
    desk = new_desk()
    endless = {"from": "[range(1000000000)] | length", "expect": 1}
    put(desk, subscription("a", {**of_type("paid"), "correlate": {"k": endless}}, of_type("paid")))
    put(desk, subscription("b", {**of_type("paid"), "correlate": {"k": {"from": "$context.k", "expect": 1}}}))
    assert given_to(desk.take(seen())) == [("a", 0), ("a", 1), ("b", 0)]


def test_an_event_is_for_those_whose_wait_began_before_it() -> None:
    desk = new_desk()
    put(desk, subscription("a", of_type("paid")))
    assert given_to(desk.take(seen(at_ms=OPENED_AT_MS - 1))) == []
    assert given_to(desk.take(seen(at_ms=OPENED_AT_MS))) == [("a", 0)]


def test_a_subscription_that_is_read_after_its_event_gets_it_from_memory() -> None:
    desk = new_desk()
    list(desk.take(seen(at_ms=OPENED_AT_MS - 1, id="early")))
    list(desk.take(seen(id="late")))
    found = subscription("a", of_type("paid"))
    assert put(desk, found)
    commands = list(desk.remembered([found]))
    assert [json.loads(_body(command).event)["id"] for command in commands] == ["late"]
    assert not put(desk, found), "the same again is nothing new"


def test_memory_is_bounded_and_says_how_far_back_it_goes() -> None:
    desk = new_desk()
    list(desk.take(seen()))
    assert not desk.is_late(subscription("a", of_type("paid")))
    list(desk.take(seen(at_ms=OPENED_AT_MS + desk_module.MEMORY_MS + 2)))
    assert desk.is_late(subscription("a", of_type("paid")))


def test_only_subscriptions_written_lately_may_be_unknown_to_the_process_before() -> None:
    desk = new_desk()
    put(desk, subscription("old", of_type("paid")), at_ms=OPENED_AT_MS)
    last_at_ms = OPENED_AT_MS + 10 * desk_module.MEMORY_MS
    put(desk, subscription("recent", of_type("paid"), opened_at_ms=last_at_ms - 5), at_ms=last_at_ms)
    put(desk, subscription("after", of_type("paid"), opened_at_ms=last_at_ms + 5), at_ms=last_at_ms + 6)
    assert [found.run_id for found in desk.uncertain(last_at_ms)] == ["recent"]


def test_the_same_event_for_the_same_subscription_is_the_same_command() -> None:
    desk = new_desk()
    put(desk, subscription("a", of_type("paid")))
    first, second = (list(desk.take(seen())) for _ in range(2))
    assert first == second
    (other,) = desk.take(seen(id="2"))
    assert other.command_id != first[0].command_id
