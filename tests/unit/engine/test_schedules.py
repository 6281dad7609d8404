"""Schedules: given orders, when time passes or events come, then runs start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.events import Commit
from engine.gates import ScheduleState
from engine.replay import replay
from engine.snapshot import dump, load, state_hash
from testkit.journal import Journal
from testkit.play import definition_of, world_of

SCHEDULE = "schedule:shop/refund"
MINUTE_MS = 60_000


@dataclass(slots=True)
class Scheduled:
    """The schedule of a workflow, in a log in memory."""

    on: dict[str, Any]
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        document = {
            "document": {"dsl": "1.0.3", "namespace": "shop", "name": "refund", "version": "1.0.0"},
            "schedule": self.on,
            "do": [{"w": {"wait": "PT1H"}}],
        }
        self.journal = Journal(world=world_of([definition_of(json.dumps(document, indent=1))]))

    def activate(self, version: str = "1.0.0") -> Commit:
        order = c.ActivateSchedule(namespace="shop", name="refund", version=version, schedule=json.dumps(self.on))
        return self.journal.order(SCHEDULE, order)

    def order(self, body: c.Order) -> Commit:
        return self.journal.order(SCHEDULE, body)

    def deliver(self, kind: str, data: Any = None, *, index: int = 0, event_id: str | None = None) -> Commit:
        number = len(self.journal.commits)
        event = {"specversion": "1.0", "id": event_id or str(number), "source": "/t", "type": kind, "data": data}
        return self.order(c.DeliverEvent(path="", filter_index=index, event=json.dumps(event)))

    def fire(self, timer_id: str) -> Commit:
        timer = self.state.timers[timer_id]
        return self.journal.fire(m.SetTimer(run_id=SCHEDULE, timer_id=timer_id, fire_at_ms=timer.fire_at_ms))

    @property
    def state(self) -> ScheduleState:
        state = self.journal.states[SCHEDULE]
        assert isinstance(state, ScheduleState)
        return state

    @property
    def starts(self) -> list[c.Command]:
        commands = [message.command for message in self.journal.outbox if isinstance(message, m.SendCommand)]
        return [command for command in commands if isinstance(command.body, c.StartRun)]

    @property
    def inputs(self) -> list[Any]:
        return [json.loads(command.body.input) for command in self.starts if isinstance(command.body, c.StartRun)]

    @property
    def data(self) -> list[list[Any]]:
        return [[event["data"] for event in given] for given in self.inputs]


def reason(commit: Commit) -> str:
    (rejected,) = commit.events
    assert isinstance(rejected, e.CommandRejected), commit.events
    return rejected.reason


def typed(kind: str, **more: Any) -> dict[str, Any]:
    return {"with": {"type": kind, **more}}


def by_order(kind: str) -> dict[str, Any]:
    return {"with": {"type": kind}, "correlate": {"order": {"from": ".order"}}}


def test_every_starts_a_run_at_each_interval_counted_from_when_the_last_was_due() -> None:
    given = Scheduled({"every": "PT1M"})
    given.activate()
    began_at_ms = given.journal.now_ms
    given.fire("every")
    given.journal.now_ms += 20_000
    assert given.state.timers["every"].fire_at_ms == began_at_ms + 2 * MINUTE_MS
    given.fire("every")
    assert len(given.starts) == 2
    assert len({command.run_id for command in given.starts}) == 2
    assert {command.body.source for command in given.starts if isinstance(command.body, c.StartRun)} == {"schedule"}


def test_starts_that_were_missed_are_not_made_up_for() -> None:
    given = Scheduled({"every": "PT1M"})
    given.activate()
    assert "early" in reason(given.order(c.FireTimer(timer_id="every")))
    given.journal.now_ms += 10 * MINUTE_MS
    given.fire("every")
    assert len(given.starts) == 1
    assert given.state.timers["every"].fire_at_ms == given.journal.now_ms + MINUTE_MS


def test_cron_starts_a_run_at_the_instants_it_names() -> None:
    given = Scheduled({"cron": "30 4 * * *"})
    given.activate()
    given.fire("cron")
    assert given.journal.now_ms % (24 * 60 * MINUTE_MS) == (4 * 60 + 30) * MINUTE_MS
    assert len(given.starts) == 1


def test_a_calendar_that_names_no_instant_is_refused() -> None:
    assert "names no instant" in reason(Scheduled({"cron": "0 0 30 2 *"}).activate())


def test_after_starts_at_once_and_again_when_its_run_has_ended() -> None:
    given = Scheduled({"after": "PT1M"})
    given.activate()
    (first,) = given.starts
    assert not given.state.timers
    given.order(c.NoteRunEnded(run_id=first.run_id))
    assert "does not wait" in reason(given.order(c.NoteRunEnded(run_id=first.run_id)))
    given.fire("after")
    assert len(given.starts) == 2


def test_after_goes_on_where_its_run_ended_during_a_pause() -> None:
    given = Scheduled({"after": "PT1M"})
    given.activate()
    given.order(c.DeactivateSchedule())
    given.order(c.NoteRunEnded(run_id=given.starts[0].run_id))
    assert len(given.starts) == 1
    given.activate()
    assert len(given.starts) == 2


def test_a_paused_schedule_starts_nothing_and_one_that_is_resumed_counts_anew() -> None:
    given = Scheduled({"every": "PT1M", "on": {"one": typed("a")}})
    given.activate()
    given.order(c.DeactivateSchedule())
    assert not given.state.timers
    assert "waits for no events" in reason(given.deliver("a"))
    assert "not active" in reason(given.order(c.DeactivateSchedule()))
    given.activate()
    assert "active already" in reason(given.activate())
    given.deliver("a")
    assert len(given.starts) == 1


def test_each_event_starts_a_run_with_an_array_of_it() -> None:
    given = Scheduled({"on": {"one": typed("a")}})
    given.activate()
    given.deliver("a", {"n": 1})
    given.deliver("a", {"n": 2})
    assert given.data == [[{"n": 1}], [{"n": 2}]]
    assert given.inputs[0][0]["type"] == "a"
    assert {command.body.source for command in given.starts if isinstance(command.body, c.StartRun)} == {"event"}


def test_an_event_that_is_delivered_twice_starts_one_run() -> None:
    given = Scheduled({"on": {"any": [typed("a"), {"with": {"source": "/t"}}]}})
    given.activate()
    given.deliver("a", event_id="1")
    assert "taken before" in reason(given.deliver("a", event_id="1", index=1))
    assert len(given.starts) == 1


def test_an_event_far_back_in_the_log_starts_the_same_run_again_and_so_none() -> None:
    given = Scheduled({"on": {"one": typed("a")}})
    given.activate()
    for number in range(600):
        given.deliver("a", event_id=str(number))
    given.deliver("a", event_id="0")
    assert given.starts[-1].run_id == given.starts[0].run_id
    assert len(given.state.taken) == 512


def test_an_event_that_does_not_fit_starts_nothing() -> None:
    given = Scheduled({"on": {"one": typed("a", data="${ .n > 1 }")}})
    given.activate()
    assert "does not fit" in reason(given.deliver("a", {"n": 1}))
    assert "does not fit" in reason(given.deliver("b", {"n": 2}))
    assert "does not fit" in reason(given.deliver("a", "no object"))
    given.deliver("a", {"n": 2})
    assert given.data == [[{"n": 2}]]


def test_all_waits_for_an_event_of_each_filter_and_gives_them_in_the_order_of_the_filters() -> None:
    given = Scheduled({"on": {"all": [typed("a"), typed("b")]}})
    given.activate()
    given.deliver("b", 1, index=1)
    given.deliver("b", 2, index=1)
    assert given.starts == []
    given.deliver("a", 3)
    assert given.data == [[3, 1]]
    given.deliver("a", 4)
    assert given.data[1] == [4, 2]


def test_all_with_correlation_collects_a_set_for_each_key() -> None:
    given = Scheduled({"on": {"all": [by_order("a"), by_order("b")]}})
    given.activate()
    given.deliver("a", {"order": 1})
    given.deliver("a", {"order": 2})
    given.deliver("b", {"order": 2}, index=1)
    assert given.data == [[{"order": 2}, {"order": 2}]]
    assert "does not fit" in reason(given.deliver("b", {"other": 1}, index=1))
    given.deliver("b", {"order": 1}, index=1)
    assert given.data[1] == [{"order": 1}, {"order": 1}]
    assert not given.state.sets


def test_two_filters_that_want_the_same_are_met_by_two_events() -> None:
    given = Scheduled({"on": {"all": [typed("a"), typed("a")]}})
    given.activate()
    given.deliver("a", 1)
    given.deliver("a", 2)
    assert given.data == [[1, 2]]


def test_any_with_a_condition_collects_until_it_holds() -> None:
    given = Scheduled({"on": {"any": [typed("a")], "until": "([.[].data] | add) >= 10"}})
    given.activate()
    for amount in (4, 5, 6):
        given.deliver("a", amount)
    assert given.data == [[4, 5, 6]]


def test_any_until_an_event_comes_leaves_that_event_out() -> None:
    given = Scheduled({"on": {"any": [typed("a")], "until": {"one": typed("end")}}})
    given.activate()
    assert "before any other" in reason(given.deliver("end", index=1))
    given.deliver("a", 1)
    given.deliver("a", 2)
    given.deliver("end", index=1)
    assert given.data == [[1, 2]]


def test_expectations_are_known_when_the_schedule_begins_to_wait() -> None:
    rule = {"from": ".shop", "expect": "${ $workflow.definition.document.namespace }"}
    given = Scheduled({"on": {"one": {**typed("a"), "correlate": {"shop": rule}}}})
    commit = given.activate()
    opened = next(event for event in commit.events if isinstance(event, e.SubscriptionOpened))
    assert json.loads(opened.filters)[0]["correlate"]["shop"]["expect"] == "shop"
    assert "does not fit" in reason(given.deliver("a", {"shop": "other"}))
    given.deliver("a", {"shop": "shop"})
    assert len(given.starts) == 1


def test_a_subscription_is_opened_and_closed_with_the_schedule() -> None:
    given = Scheduled({"on": {"one": typed("a")}})
    given.activate()
    given.activate("1.1.0")
    given.order(c.DeactivateSchedule())
    kinds = [type(message).__name__ for message in given.journal.outbox]
    assert kinds == ["OpenSubscription", "CloseSubscription", "OpenSubscription", "CloseSubscription"]
    opened = given.journal.outbox[0]
    assert isinstance(opened, m.OpenSubscription)
    assert (opened.run_id, opened.path, opened.opened_at_ms) == (SCHEDULE, "", given.journal.now_ms)


def test_sets_that_are_never_complete_are_bounded() -> None:
    given = Scheduled({"on": {"all": [by_order("a"), by_order("b")]}})
    given.activate()
    for order in range(1005):
        given.deliver("a", {"order": order})
    assert len(given.state.sets) == 1000
    given.deliver("b", {"order": 1004}, index=1)
    assert len(given.starts) == 1


@pytest.mark.parametrize(
    "on",
    [
        {"on": {"all": [by_order("a"), by_order("b")]}},
        {"on": {"one": typed("a")}},
        {"every": "PT1M"},
        {"after": "PT1M"},
    ],
    ids=["all", "one", "every", "after"],
)
def test_a_schedule_can_be_replayed_and_kept(on: dict[str, Any]) -> None:
    given = Scheduled(on)
    given.activate()
    for order in range(3):
        given.deliver("a", {"order": order})
    given.deliver("b", {"order": 1}, index=1)
    folded = replay(SCHEDULE, given.journal.history(SCHEDULE))
    assert dump(folded) == dump(given.state) == dump(load(dump(folded)))
    assert state_hash(folded) == state_hash(given.state)
