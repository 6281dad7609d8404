from __future__ import annotations

import signal
from collections import Counter

from engine.commands import CompleteTask, HeartbeatTask
from tests.eventually import eventually
from tests.integration.worker.bus import Bus
from tests.integration.worker.test_tasks import probe

LONG = {"AGENTOS_HEARTBEAT_S": "60", "AGENTOS_LEASE_S": "120"}
SHORT = {"AGENTOS_HEARTBEAT_S": "0.5", "AGENTOS_LEASE_S": "2"}


def test_records_are_acknowledged_in_order_whatever_is_done_first(bus: Bus) -> None:
    bus.start(**LONG)
    bus.send("probe", ["first"], probe(bus, "gate"))
    rest = [f"rest-{number}" for number in range(50)]
    bus.send("probe", rest, probe(bus))
    bus.results(*rest)
    bus.send("echo", ["elsewhere"], 1)
    eventually(lambda: bus.acknowledged("echo") == 1)

    assert bus.acknowledged("probe") == 0
    (bus.folder / "gate").touch()
    eventually(lambda: bus.acknowledged("probe") == 51)


def test_what_is_done_before_a_long_task_of_the_same_fetch_is_acknowledged(bus: Bus) -> None:
    quick = [f"quick-{number}" for number in range(20)]
    bus.send("probe", quick, probe(bus))
    bus.send("probe", ["long"], probe(bus, "gate"))
    bus.start(**LONG)

    eventually(lambda: bus.acknowledged("probe") == 20, within_s=30)


def test_a_long_task_gets_a_lease_and_holds_nothing_back(bus: Bus) -> None:
    bus.start(**SHORT)
    bus.send("probe", ["long"], probe(bus, "gate"))
    bus.send("probe", ["quick"], probe(bus))
    eventually(lambda: bus.acknowledged("probe") == 2, within_s=30)
    eventually(lambda: sum(isinstance(c.body, HeartbeatTask) for c in bus.commands()) >= 3)

    beats = [command for command in bus.commands() if isinstance(command.body, HeartbeatTask)]
    assert {(beat.run_id, beat.body.attempt, beat.body.lease_ms) for beat in beats} == {("long", 1, 2000)}  # type: ignore[union-attr]
    assert len({beat.command_id for beat in beats}) == len(beats)
    (bus.folder / "gate").touch()
    bus.results("long")


def test_a_killed_workers_tasks_run_again_with_the_same_key(bus: Bus) -> None:
    first = bus.start(**LONG)
    held = [f"held-{number}" for number in range(20)]
    done = [f"done-{number}" for number in range(20)]
    bus.send("probe", done, probe(bus))
    bus.results(*done)
    eventually(lambda: bus.acknowledged("probe") == 20)
    bus.send("probe", held, probe(bus, "gate"))
    eventually(lambda: bus.noted("start", "held-") == 20, within_s=30)
    first.kill()
    first.wait(10)
    bus.start(**LONG)
    eventually(lambda: bus.noted("start", "held-") == 40, within_s=40)
    (bus.folder / "gate").touch()

    bus.results(*held)
    counted = Counter(command.run_id for command in bus.commands() if isinstance(command.body, CompleteTask))
    assert counted == Counter([*held, *done])
    lines = [line for line in bus.ledger.read_text().splitlines() if line.startswith("start held-3/")]
    assert lines == ["start held-3/do/0/step/1"] * 2


def test_a_stopped_worker_finishes_what_it_can_and_hands_back_the_rest(bus: Bus) -> None:
    worker = bus.start(**SHORT, AGENTOS_WORKER_GRACE_S="1.5")
    bus.send("probe", ["leased"], probe(bus, "never"))
    eventually(lambda: any(isinstance(c.body, HeartbeatTask) for c in bus.commands()), within_s=30)
    bus.send("probe", ["soon"], probe(bus, "soon"))
    eventually(lambda: bus.noted("start", "soon"))
    worker.send_signal(signal.SIGTERM)
    (bus.folder / "soon").touch()

    assert worker.wait(5) == 0
    assert "soon" in bus.results("soon")
    assert bus.noted("cancelled", "leased") == 1
    last = [c.body for c in bus.commands() if c.run_id == "leased"][-1]
    assert isinstance(last, HeartbeatTask)
    assert last.lease_ms == 0
    assert bus.acknowledged("probe") == 2


def test_unfinished_tasks_of_a_stopped_worker_go_to_another(bus: Bus) -> None:
    worker = bus.start(**LONG, AGENTOS_WORKER_GRACE_S="0")
    bus.send("probe", ["unfinished"], probe(bus, "gate"))
    eventually(lambda: bus.noted("start"), within_s=30)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    (bus.folder / "gate").touch()
    bus.start(**LONG)

    bus.results("unfinished")


def test_a_task_that_is_sent_again_while_it_runs_is_not_run_twice(bus: Bus) -> None:
    bus.start(**LONG)
    bus.send("probe", ["twice"], probe(bus, "gate"))
    eventually(lambda: bus.noted("start"), within_s=30)
    bus.send("probe", ["twice"], probe(bus, "gate"))
    bus.send("probe", ["after"], probe(bus))
    bus.results("after")
    (bus.folder / "gate").touch()

    eventually(lambda: bus.acknowledged("probe") == 3)
    assert bus.noted("start", "twice") == 1


def test_workers_of_one_group_may_serve_different_types(bus: Bus) -> None:
    bus.start("echo", **LONG)
    bus.start("echo,probe", **LONG)
    runs = [f"run-{number}" for number in range(20)]
    bus.send("echo", runs, 1)
    bus.results(*runs)
    bus.send("probe", ["other"], probe(bus))

    bus.results("other")
    assert [worker.poll() for worker in bus.workers] == [None, None]
