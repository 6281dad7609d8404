from __future__ import annotations

import json
import signal
import time

import pytest

from engine import commands as c
from engine import events as e
from engine.messages import DispatchTask
from schemas import codec, records
from tests.eventually import eventually
from tests.integration.streams.system import System, stale_commit


def test_runs_go_through_real_topics_and_every_command_becomes_one_commit(system: System) -> None:
    process = system.start_process()
    system.start_runs("inline", 300)
    log = system.wait_for("completed", 300)
    assert len(log.commits) == 300
    assert log.skipped == 0
    eventually(process.ready)
    assert process.metric("agentos_commits_accepted_total") == 300
    eventually(system.is_done)


def test_a_task_is_dispatched_to_its_type_and_its_result_moves_the_run_on(system: System) -> None:
    system.start_process()
    (run_id,) = system.start_runs("worker", 1)
    answered: set[str] = set()

    def completed() -> bool:
        system.answer_tasks(answered)
        return system.log().statuses()["completed"] == 1

    eventually(completed, within_s=30)
    assert answered == {f"{run_id}/do/0/a/1", f"{run_id}/do/1/b/1"}
    assert all(isinstance(task, DispatchTask) and task.node_type == "echo" for task in system.tasks())


def test_a_repeated_start_begins_no_second_run_and_is_told_so(system: System) -> None:
    system.start_process()
    start = c.StartRun(namespace="test", name="inline", version="1.0.0", input='{"v": 1}')
    for _ in range(3):
        system.send("one", start)
    eventually(lambda: len(system.log().commits) == 3, within_s=30)
    first, *others = system.log().commits
    assert isinstance(first.events[0], e.RunStarted)
    for commit in others:
        (event,) = commit.events
        assert isinstance(event, e.CommandRejected)
        assert event.command == "StartRun"


def test_a_start_of_a_definition_published_a_moment_ago_is_not_refused(system: System) -> None:
    system.start_process()
    system.start_runs("inline", 1)
    system.wait_for("completed", 1)
    head = {"dsl": "1.0.3", "namespace": "test", "name": "later", "version": "1.0.0"}
    system.publish({"document": head, "do": [{"a": {"set": {"x": 1}}}]})
    system.start_runs("later", 1)
    system.wait_for("completed", 2)


def test_what_cannot_be_read_goes_to_the_dead_letters_and_stops_nothing(system: System) -> None:
    system.start_process()
    broken = [b"", b"\1not ours", b"\0\0\0\x27\x0f", b"\0\0\0\0\1\x7e", b"\0\0\0\0\2"]
    for number, value in enumerate(broken):
        system.produce("commands", f"k{number}".encode(), value, partition=0)
    system.start_runs("inline", 20)
    system.wait_for("completed", 20)
    letters = [codec.decode_as(records.DeadLetter, message.value()) for message in system.all_records("dead-letters")]
    assert [letter.record_value for letter in letters] == broken
    assert {letter.stage for letter in letters} == {"orchestrator"}
    assert letters[1].reason.startswith("expected the magic byte 0")
    assert letters[1].record_key == b"k1"


def test_an_unknown_definition_refuses_the_start(system: System) -> None:
    system.start_process()
    system.send("r", c.StartRun(namespace="test", name="nobody", version="9", input="null"))
    eventually(lambda: system.log().commits, within_s=30)
    (event,) = system.log().commits[0].events
    assert isinstance(event, e.CommandRejected)
    assert "test/nobody/9" in event.reason


def test_a_timer_fires_once_and_never_early(system: System) -> None:
    eventually(system.start_process().ready, within_s=30)
    system.start_runs("wait", 50)
    log = system.wait_for("completed", 50)
    started = {commit.run_id: commit for commit in log.commits if isinstance(commit.events[0], e.RunStarted)}
    fired = [commit for commit in log.commits if isinstance(commit.events[0], e.TimerFired)]
    assert len(fired) == 50
    for commit in fired:
        due_at_ms = next(
            event.fire_at_ms for event in started[commit.run_id].events if isinstance(event, e.TimerStarted)
        )
        assert commit.at_ms >= due_at_ms


def test_commits_of_a_zombie_are_skipped_and_the_orchestrator_goes_on(system: System) -> None:
    process = system.start_process()
    system.start_runs("inline", 10)
    log = system.wait_for("completed", 10)
    for partition in range(system.partitions):
        system.produce("events", b"z", stale_commit(log.commits[0], "zombie"), partition=partition)
    system.start_runs("inline", 200)
    log = system.wait_for("completed", 210)
    assert log.skipped >= 2
    assert "zombie" not in log.states
    assert process.metric("agentos_conflicts_total") >= 1
    assert len({commit.command_id for commit in log.commits}) == len(log.commits)


@pytest.mark.parametrize(
    "fail_point", ["after_produce_before_check", "after_check_before_react", "after_react_before_ack"]
)
def test_whoever_takes_over_sends_again_what_may_not_have_been_sent(system: System, fail_point: str) -> None:
    dying = system.start_process(AGENTOS_FAILPOINT=f"{fail_point}:1")
    system.start_runs("worker", 20)
    assert dying.wait_until_dead(30) == -signal.SIGKILL
    system.start_process()
    answered: set[str] = set()

    def completed() -> bool:
        system.answer_tasks(answered)
        return system.log().statuses()["completed"] == 20

    eventually(completed, within_s=60)
    assert len(answered) == 40
    results = [event for commit in system.log().commits for event in commit.events if isinstance(event, e.TaskReported)]
    assert len(results) == 40
    eventually(system.is_done)


def test_work_goes_on_soon_after_a_polite_end(system: System) -> None:
    first = system.start_process()
    second = system.start_process()
    eventually(first.ready, within_s=30)
    eventually(second.ready, within_s=30)
    system.start_runs("inline", 10)
    system.wait_for("completed", 10)
    first.popen.send_signal(signal.SIGTERM)
    ended_at = time.monotonic()
    system.start_runs("inline", 10)
    system.wait_for("completed", 20)
    assert time.monotonic() - ended_at < 5
    assert first.wait_until_dead() == 0


def test_work_goes_on_after_a_death(system: System) -> None:
    first = system.start_process()
    second = system.start_process()
    eventually(first.ready, within_s=30)
    eventually(second.ready, within_s=30)
    first.kill()
    died_at = time.monotonic()
    system.start_runs("inline", 10)
    system.wait_for("completed", 10)
    assert time.monotonic() - died_at < 15


def test_a_process_says_of_itself_how_it_is(system: System) -> None:
    process = system.start_process()
    eventually(process.ready, within_s=30)
    assert json.loads(process.get("/health/live")[1]) == {"status": "ok", "reasons": []}
    assert process.get("/metrics/")[0] == 404
    assert process.get("/health/ready/../../etc")[0] == 404
    assert "agentos_commits_accepted_total" in process.get("/metrics")[1]
