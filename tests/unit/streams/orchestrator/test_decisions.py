from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from engine import commands as c
from engine import events as e
from engine.chain import digest
from engine.decide import World
from streams.orchestrator import decisions
from streams.orchestrator.decisions import decide_all, early_timers, read_commands
from streams.orchestrator.partition import from_beginning
from streams.orchestrator.runs import Runs
from streams.orchestrator.takeover import accepted_backwards
from tests.unit.streams.orchestrator.logs import (
    AT_MS,
    Writer,
    nothing_stored,
    placed,
    start,
    stored,
    texts,
    value_of,
    world,
)

#: With so many partitions the commands of run `a` lie in partition 4.
COUNT = 8


@dataclass(slots=True)
class Rec:
    offset: int
    value: bytes | None
    topic: str = "commands"
    partition: int = 4
    timestamp: int = AT_MS
    key: bytes | None = b"k"
    headers: Sequence[tuple[str, bytes]] = ()


def test_commands_take_offset_and_instant_from_their_records() -> None:
    found, letters = read_commands([Rec(7, value_of(start("a")))], above=-1, partitions=COUNT)
    assert [(command.run_id, command.offset, command.at_ms) for command in found] == [("a", 7, AT_MS)]
    assert letters == []


def test_commands_that_have_commits_are_not_read_again() -> None:
    found, letters = read_commands([Rec(7, b"junk"), Rec(8, value_of(start("a")))], above=7, partitions=COUNT)
    assert [command.offset for command in found] == [8]
    assert letters == []


def test_a_record_that_is_no_command_becomes_a_dead_letter_with_its_place() -> None:
    found, (letter,) = read_commands([Rec(7, b"junk"), Rec(8, value_of(start("a")))], above=-1, partitions=COUNT)
    assert [command.offset for command in found] == [8]
    assert (letter.topic, letter.partition, letter.offset, letter.record_value) == ("commands", 4, 7, b"junk")
    assert "at least 5 bytes" in letter.reason


def test_a_command_in_another_partition_than_its_runs_becomes_a_dead_letter() -> None:
    astray, at_home = Rec(7, value_of(start("a")), partition=3), Rec(8, value_of(start("a")))
    found, (letter,) = read_commands([astray, at_home], above=-1, partitions=COUNT)
    assert [command.offset for command in found] == [8]
    assert "expected the commands of run a in partition 4, found one in 3" in letter.reason


def test_each_commit_holds_the_digest_of_the_one_before() -> None:
    writer = Writer()
    decided = writer.write(start("a"), start("b"), start("a"))
    parents = [each.commit.parent for each in decided]
    assert parents == [b"", digest(decided[0].value), digest(decided[1].value)]
    assert [each.commit.command_offset for each in decided] == [0, 1, 2]
    assert isinstance(decided[2].commit.events[0], e.CommandRejected)
    assert decided[2].commit.seq == decided[0].commit.seq + len(decided[0].commit.events)


def test_the_same_commands_give_the_same_bytes() -> None:
    commands = [start("a"), start("b", "worker"), start("b")]
    first, second = Writer(), Writer()
    first.write(*commands)
    for command in commands:
        second.write(command)
    assert first.log == second.log


def broken_for(name: str) -> World:
    good = world()

    def find(namespace: str, wanted: str, version: str) -> Any:
        if wanted == name:
            raise ZeroDivisionError("a bug")
        return good.definitions(namespace, wanted, version)

    return replace(good, definitions=find)


def test_a_bug_in_the_rules_refuses_its_command_and_nothing_else() -> None:
    partition = from_beginning(0, Runs(limit=10))
    commands = placed([start("a"), start("bad", "worker"), start("b"), start("bad")])
    found = decide_all(partition, commands, broken_for("worker"), nothing_stored)
    ((offset, reason),) = found.poison
    assert offset == 1
    assert "ZeroDivisionError" in reason
    assert [each.is_rejected for each in found.decided] == [False, True, False, False]
    assert set(texts(partition)) == {"a", "bad", "b"}


def test_a_commit_that_is_too_large_refuses_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "LARGEST_VALUE", 400)
    body = c.StartRun(namespace="t", name="inline", version="1.0.0", input=f'{{"v": 1, "text": "{"x" * 500}"}}')
    command = c.Command(run_id="a", command_id="a/start", actor="user:t", body=body)
    found = decide_all(from_beginning(0, Runs(limit=10)), placed([command]), world(), nothing_stored)
    assert found.decided[0].is_rejected
    assert "at most 400 bytes" in found.poison[0][1]


def test_runs_that_may_be_in_postgres_are_loaded_in_one_query() -> None:
    writer = Writer(from_beginning(0, Runs(limit=0)))
    writer.write(start("old", "worker"))
    gone = writer.partition.state_of("old")
    writer.partition.evict(persisted_offset=0)
    load = stored([(gone, 0)])
    cancel = c.Command(run_id="old", command_id="x", actor="u", body=c.CancelRun())
    commands = placed([cancel, start("new", keyed=True), start("old")], 1)
    found = decide_all(writer.partition, commands, world(), load)
    assert load.asked == [["old", "new", "old"]]
    assert [each.is_rejected for each in found.decided] == [False, False, True]


def test_a_timer_that_was_refused_as_early_is_told_with_its_instant() -> None:
    writer = Writer()
    writer.write(start("w", "wait"))
    ((_, timer_id, fire_at_ms),) = writer.partition.timers_in_memory()
    fire = c.Command(run_id="w", command_id="f", actor="timer", body=c.FireTimer(timer_id=timer_id))
    (early,) = writer.write(fire)
    assert early.is_rejected
    assert list(early_timers(early)) == [(timer_id, fire_at_ms)]
    on_time = replace(fire, at_ms=fire_at_ms, offset=2)
    (decided,) = decide_all(writer.partition, [on_time], world(), nothing_stored).decided
    assert not decided.is_rejected
    assert list(early_timers(decided)) == []


def test_the_chain_is_found_backwards_from_its_head() -> None:
    writer, zombie = Writer(), Writer()
    writer.write(*(start(name) for name in "abcde"))
    zombie.write(start("a"), start("z"))
    values = [writer.log[1], zombie.log[1], b"junk", *writer.log[2:], zombie.log[1]]
    found = accepted_backwards(values, writer.partition.chain.head)
    assert [commit.run_id for commit in found] == ["b", "c", "d", "e"]
