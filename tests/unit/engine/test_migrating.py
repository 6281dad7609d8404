"""Live runs that follow another version: what is under way stays so, and finds its task where it is now."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.commands import Order
from engine.state import RunState
from testkit.journal import Journal
from tests.unit.engine.test_forking import BODY, BRANCHES, busy, refusal, text

LATER = text(BODY.replace("do:\n", "do:\n  - new: {set: {n: 0}}\n", 1), "2.0.0")
MOVED = BRANCHES.replace("/do/1/", "/do/2/")


def migrated() -> Journal:
    journal = busy(LATER)
    journal.outbox.clear()
    journal.order("run", c.MigrateRun(version="2.0.0", reason="one more"))
    return journal


def state_of(journal: Journal) -> RunState:
    state = journal.states["run"]
    assert isinstance(state, RunState)
    return state


def test_tasks_are_found_by_name_and_listeners_and_timers_are_told() -> None:
    journal = migrated()
    state = state_of(journal)
    assert (state.version, state.tasks[f"{MOVED}/0/work"].awaiting) == ("2.0.0", "worker")
    closed = [each.path for each in journal.outbox if isinstance(each, m.CloseSubscription)]
    opened = [each.path for each in journal.outbox if isinstance(each, m.OpenSubscription)]
    timers = {each.timer_id for each in journal.outbox if isinstance(each, m.SetTimer)}
    assert (closed, opened) == ([f"{BRANCHES}/2/hear"], [f"{MOVED}/2/hear"])
    assert {f"{MOVED}/1/wait", f"{MOVED}/0/work#timeout", f"{MOVED}/4/ask#deadline"} <= timers


def test_results_that_come_under_the_old_path_are_taken() -> None:
    journal = migrated()
    event = '{"specversion":"1.0","id":"1","source":"/x","type":"x","data":1}'
    orders: list[Order] = [
        c.CompleteTask(path=f"{BRANCHES}/0/work", attempt=1, output="1"),
        c.DeliverEvent(path=f"{BRANCHES}/2/hear", filter_index=0, event=event),
        c.CompleteTask(path=f"{BRANCHES}/3/child", attempt=1, output="4"),
        c.FireTimer(timer_id=f"{MOVED}/1/wait"),
    ]
    journal.now_ms += 10 * 60_000
    for order in orders:
        journal.order("run", order)
        assert not isinstance(journal.commits[-1].events[0], e.CommandRejected), order
    journal.order("run", c.ActOnApproval(approval_id=f"{BRANCHES}/4/ask", act="approve"), actor="user:ana")
    assert state_of(journal).status == "completed"


def test_another_migration_takes_it_back() -> None:
    journal = migrated()
    journal.order("run", c.MigrateRun(version="1.0.0"))
    state = state_of(journal)
    assert (state.version, state.aliases) == ("1.0.0", {f"{MOVED}{end}": f"{BRANCHES}{end}" for end in ENDS})
    journal.order("run", c.CompleteTask(path=f"{BRANCHES}/0/work", attempt=1, output="1"))
    assert isinstance(journal.commits[-1].events[0], e.TaskReported)


ENDS = ("/0/work", "/1/wait", "/2/hear", "/3/child", "/4/ask")


def test_a_mapping_says_what_a_task_is_called_now_and_what_it_names_has_to_be_there() -> None:
    renamed = text(BODY.replace("- all:", "- every:"), "3.0.0")
    journal = busy(renamed)
    journal.order("run", c.MigrateRun(version="3.0.0"))
    assert (
        refusal(journal)
        == "the run does not fit demo/main:3.0.0: /do/1/all is not there as 'all' (the list has a, every)"
    )
    journal.order("run", c.MigrateRun(version="3.0.0", mapping='{"all":"every","none":"a"}'))
    assert "the mapping names 'none', which the run's definition does not have" in refusal(journal)
    journal.order("run", c.MigrateRun(version="3.0.0", mapping='{"all":"every"}'))
    assert f"{BRANCHES.replace('all', 'every')}/0/work" in state_of(journal).tasks


def test_a_listener_whose_filters_changed_begins_to_wait_anew() -> None:
    other = text(BODY.replace("type: x", "type: y"), "2.0.0")
    journal = busy(other)
    journal.outbox.clear()
    journal.order("run", c.MigrateRun(version="2.0.0"))
    kinds = [type(event) for event in journal.commits[-1].events]
    assert kinds == [e.SubscriptionClosed, e.RunMigrated, e.SubscriptionOpened]
    opened = next(each for each in journal.outbox if isinstance(each, m.OpenSubscription))
    assert '"y"' in opened.filters


def test_what_has_ended_or_follows_the_version_already_is_refused() -> None:
    journal = busy(LATER)
    journal.order("run", c.MigrateRun(version="1.0.0"))
    assert refusal(journal) == "the run follows version 1.0.0 already"
    journal.order("run", c.MigrateRun(version="7"))
    assert refusal(journal) == "the definition demo/main/7 is not published"
    journal.order("run", c.CancelRun())
    journal.order("run", c.MigrateRun(version="2.0.0"))
    assert refusal(journal) == "the run is cancelled: there is nothing left to migrate; fork it"
