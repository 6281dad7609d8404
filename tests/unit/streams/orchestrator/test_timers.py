from __future__ import annotations

from dataclasses import dataclass

from streams.orchestrator.timers import BrokerClock, Timers


@dataclass
class Machine:
    """A machine with a clock of its own."""

    monotonic: float = 100.0
    wall: float = 5_000.0

    def clock(self) -> BrokerClock:
        return BrokerClock(monotonic_s=lambda: self.monotonic, wall_s=lambda: self.wall)


def test_timers_come_due_in_order_of_their_instants() -> None:
    timers = Timers()
    for name, at_ms in (("late", 30), ("early", 10), ("middle", 20)):
        timers.arm("run", name, at_ms)
    assert timers.next_at_ms() == 10
    assert timers.due(20) == [("run", "early"), ("run", "middle")]
    assert timers.due(20) == []
    assert timers.next_at_ms() == 30
    assert len(timers) == 1


def test_a_timer_that_is_armed_again_rings_once_at_its_new_instant() -> None:
    timers = Timers()
    timers.arm("run", "t", 10)
    timers.arm("run", "t", 10)
    timers.arm("run", "t", 50)
    assert timers.due(40) == []
    assert timers.due(50) == [("run", "t")]
    assert len(timers) == 0


def test_a_timer_may_be_armed_again_after_it_rang() -> None:
    timers = Timers()
    timers.arm("run", "t", 10)
    assert timers.due(10) == [("run", "t")]
    timers.arm("run", "t", 10)
    assert timers.due(10) == [("run", "t")]


def test_timers_nobody_wants_are_forgotten() -> None:
    timers = Timers()
    timers.arm("here", "t", 900)
    timers.arm("gone", "near", 10)
    timers.arm("gone", "far", 900)
    timers.keep(lambda run_id, at_ms: run_id == "here" or at_ms < 100)
    assert timers.due(1000) == [("gone", "near"), ("here", "t")]


def test_the_clock_of_the_broker_is_learned_from_the_fastest_delivery() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.now_ms() == 5_000_000
    clock.observe(1_000)
    machine.monotonic += 1
    assert clock.now_ms() == 2_000
    clock.observe(1_500)
    assert clock.now_ms() == 2_000
    clock.observe(2_200)
    assert clock.now_ms() == 2_200


def test_a_jump_of_the_machines_own_clock_changes_nothing() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.observe(1_000)
    machine.wall += 86_400
    assert clock.now_ms() == 1_000


def test_a_broker_whose_clock_was_set_back_is_believed() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.observe(10_000)
    clock.correct(4_000)
    assert clock.now_ms() == 4_000
