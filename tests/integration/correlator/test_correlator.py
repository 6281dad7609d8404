"""The correlator on a real Kafka, in a process of its own."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine.messages import CloseSubscription
from engine.state import RunState
from tests.eventually import eventually
from tests.integration.correlator.conftest import Events

LISTEN: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "test", "name": "listen", "version": "1.0.0"},
    "do": [
        {
            "paid": {
                "listen": {
                    "to": {
                        "one": {
                            "with": {"type": "paid", "data": "${ .amount > 10 }"},
                            "correlate": {"order": {"from": ".order", "expect": "${ .v }"}},
                        }
                    }
                }
            }
        }
    ],
}
SCHEDULED: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "test", "name": "scheduled", "version": "1.0.0"},
    "schedule": {"on": {"one": {"with": {"type": "asked"}}}},
    "do": [{"a": {"set": {"got": "${ $workflow.input[0].data.n }"}}}],
}


def of_type(kind: str, **more: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, **more}, "correlate": {}}


def test_events_are_delivered_to_those_who_wait_for_them(events: Events) -> None:
    events.subscribe("a", of_type("paid"))
    events.subscribe("b", of_type("sent"), of_type("paid", source="/other"))
    events.subscribe("everything", {"attributes": {}, "correlate": {}})
    events.start_correlator()
    events.publish("paid", id="1")
    events.publish("sent", id="2")
    events.delivered(("a", 0, "1"), ("b", 0, "2"), ("everything", 0, "1"), ("everything", 0, "2"))
    events.subscribe("c", of_type("sent"))
    events.react(CloseSubscription(run_id="b", path="/do/0/l", filters=json.dumps([of_type("sent")])))
    events.publish("sent", id="3")
    more = (("c", 0, "2"), ("c", 0, "3"), ("everything", 0, "3"))
    events.delivered(("a", 0, "1"), ("b", 0, "2"), ("everything", 0, "1"), ("everything", 0, "2"), *more)


def test_an_event_that_came_before_its_subscription_was_read_is_delivered(events: Events) -> None:
    process = events.start_correlator()
    events.subscribe("other", of_type("paid"))
    events.publish("paid", id="1")
    events.delivered(("other", 0, "1"))
    events.subscribe("a", of_type("paid"))
    events.delivered(("other", 0, "1"), ("a", 0, "1"))
    assert process.popen.poll() is None


def test_an_event_with_another_key_than_its_type_finds_its_way(events: Events) -> None:
    events.start_correlator()
    kinds = [f"kind-{number}" for number in range(6)]
    for kind in kinds:
        events.subscribe(kind, of_type(kind))
        events.publish(kind, key="always the same")
    events.delivered(*((kind, 0, "1") for kind in kinds))


def test_what_is_no_event_becomes_a_dead_letter_and_the_rest_goes_on(events: Events) -> None:
    events.start_correlator()
    events.subscribe("a", of_type("paid"))
    events.system.produce("cloudevents", b"paid", b"no event")
    events.publish("paid")
    events.delivered(("a", 0, "1"))
    (letter,) = events.dead_letters()
    assert (letter.stage, letter.record_value) == ("correlator", b"no event")


def test_another_correlator_goes_on_where_a_killed_one_stopped(events: Events) -> None:
    first = events.start_correlator()
    events.subscribe("a", of_type("paid"))
    events.publish("paid", id="1")
    events.delivered(("a", 0, "1"))
    first.kill()
    events.publish("paid", id="2")
    events.start_correlator()
    events.delivered(("a", 0, "1"), ("a", 0, "2"))


def test_a_listening_run_and_a_schedule_get_their_events(events: Events) -> None:
    system = events.system
    system.publish(LISTEN)
    system.publish(SCHEDULED)
    system.start_process()
    events.start_correlator()
    runs = system.start_runs("listen", 3)
    schedule = json.dumps(SCHEDULED["schedule"])
    order = c.ActivateSchedule(namespace="test", name="scheduled", version="1.0.0", schedule=schedule)
    system.send("schedule:test/scheduled", order)
    eventually(lambda: len(system.all_records("subscriptions")) == 4, within_s=30)
    events.publish("paid", {"amount": 5, "order": 1}, id="too little")
    events.publish("paid", {"amount": 50, "order": 1}, id="enough")
    events.publish("asked", {"n": 7})
    log = system.wait_for("completed", 2)
    listening, started = (log.states[run_id] for run_id in (runs[1], _started(log.states)))
    assert isinstance(listening, RunState)
    assert isinstance(started, RunState)
    assert json.loads(listening.output or "") == [{"amount": 50, "order": 1}]
    assert (json.loads(started.output or ""), started.source) == ({"got": 7}, "event")


def _started(states: Any) -> str:
    found: str = next(
        name
        for name, state in states.items()
        if getattr(state, "name", "") == "scheduled" and name[0] == "s" and not name.startswith("schedule:")
    )
    return found
