from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from engine import commands as c
from engine.chain import digest
from engine.errors import CorruptHistory
from engine.events import Commit
from schemas import codec
from streams.orchestrator.partition import Partition, SnapshotsAway, from_beginning, from_watermark
from streams.orchestrator.runs import Runs
from tests.unit.streams.orchestrator.logs import Stored, Writer, fold, nothing_stored, start, stored, texts


@pytest.fixture
def writer() -> Writer:
    made = Writer()
    made.write(start("a"), start("b", "worker"), start("w", "wait"))
    made.write(c.Command(run_id="b", command_id="x", actor="w", body=c.CancelRun(reason="enough")))
    return made


@pytest.fixture
def reader() -> Partition:
    return from_beginning(0, Runs(limit=1000))


def test_the_fold_of_the_log_is_what_its_writer_has(writer: Writer, reader: Partition) -> None:
    folded = fold(reader, writer.log)
    assert (folded.accepted, folded.skipped) == (4, 0)
    assert texts(reader) == writer.states()
    assert (reader.next_offset, reader.command_offset) == (4, 3)
    assert reader.chain.head == writer.partition.chain.head


def test_what_is_known_already_counts_for_nothing(writer: Writer, reader: Partition) -> None:
    fold(reader, writer.log[:3])
    fold(reader, writer.log)
    assert texts(reader) == writer.states()


def test_commits_of_a_zombie_are_skipped_wherever_they_lie(writer: Writer, reader: Partition) -> None:
    zombie = Writer()
    zombie.write(start("a"), start("z"), start("y"))
    folded = fold(reader, [*writer.log[:2], *zombie.log[1:], *writer.log[2:]])
    assert (folded.accepted, folded.skipped) == (4, 2)
    assert texts(reader) == writer.states()


def test_a_repeated_commit_is_skipped(writer: Writer, reader: Partition) -> None:
    folded = fold(reader, [*writer.log[:2], *writer.log[:2], *writer.log[2:]])
    assert (folded.accepted, folded.skipped) == (4, 2)


def test_what_cannot_be_read_is_skipped(writer: Writer, reader: Partition) -> None:
    folded = fold(reader, [b"", *writer.log[:1], b"\0\0\0\0\2cut", b"\0\0\0\x27\x0funknown", *writer.log[1:]])
    assert (folded.accepted, folded.skipped) == (4, 3)


def test_a_commit_that_follows_what_cannot_be_read_stops_the_partition(writer: Writer, reader: Partition) -> None:
    from_the_future = b"\0\0\0\x27\x0fwritten by a newer version"
    next_commit = dataclasses.replace(codec.decode_as(Commit, writer.log[1]), parent=digest(from_the_future))
    with pytest.raises(CorruptHistory, match="upgrade this process"):
        fold(reader, [writer.log[0], from_the_future, codec.encode(next_commit)])


def test_a_commit_that_cannot_follow_its_run_stops_the_partition(writer: Writer, reader: Partition) -> None:
    commit = codec.decode_as(Commit, writer.log[1])
    with pytest.raises(CorruptHistory):
        fold(reader, [writer.log[0], codec.encode(dataclasses.replace(commit, seq=9))])


def test_foreign_commits_make_the_partition_fresh(writer: Writer, reader: Partition) -> None:
    reader.is_fresh = False
    fold(reader, [])
    assert not reader.is_fresh
    fold(reader, writer.log)
    assert reader.is_fresh


@dataclass(frozen=True)
class Mark:
    offset: int
    head: bytes
    command_offset: int


def test_from_a_watermark_only_the_runs_of_the_tail_are_loaded_in_one_query(writer: Writer) -> None:
    reader = from_watermark(0, Mark(2, digest(writer.log[2]), 2), Runs(limit=1000))
    before = Writer()
    before.write(start("a"), start("b", "worker"), start("w", "wait"))
    load = stored([(before.partition.state_of(run_id), offset) for offset, run_id in enumerate("abw")])
    reader.fold([(3, writer.log[3])], load)
    assert load.asked == [["b"]]
    assert texts(reader) == {"b": writer.states()["b"]}


def test_a_state_that_is_ahead_of_the_watermark_is_not_folded_twice(writer: Writer) -> None:
    reader = from_watermark(0, Mark(2, digest(writer.log[2]), 2), Runs(limit=1000))
    reader.fold([(3, writer.log[3])], stored([(writer.partition.state_of("b"), 3)]))
    assert texts(reader) == {"b": writer.states()["b"]}
    assert reader.chain.head == writer.partition.chain.head


def test_a_state_that_cannot_be_read_sends_to_the_log(writer: Writer) -> None:
    reader = from_watermark(0, Mark(2, digest(writer.log[2]), 2), Runs(limit=1000))
    with pytest.raises(SnapshotsAway, match="cannot be read"):
        reader.fold([(3, writer.log[3])], lambda number, ids: {"b": Stored("b", 1, '["run", {"bogus": 1}]')})


def test_the_timers_in_memory_are_those_of_the_live_states(writer: Writer) -> None:
    ((run_id, _, fire_at_ms),) = writer.partition.timers_in_memory()
    assert run_id == "w"
    assert fire_at_ms == writer.partition.state_of("w").updated_at_ms + 10_000


def test_runs_leave_memory_only_when_postgres_holds_their_last_commit() -> None:
    writer = Writer(from_beginning(0, Runs(limit=2)))
    writer.write(*(start(name) for name in "abcde"))
    assert writer.partition.evict(persisted_offset=1) == 2
    assert [state.run_id for state in writer.partition.runs] == ["c", "d", "e"]
    assert not writer.partition.is_complete
    assert writer.partition.evict(persisted_offset=4) == 1
    assert writer.partition.evict(persisted_offset=4) == 0
    assert writer.partition.runs.was_evicted("c")


def test_a_run_that_left_memory_goes_on_from_what_postgres_has() -> None:
    writer = Writer(from_beginning(0, Runs(limit=1)))
    writer.write(start("a", "worker"), start("b"))
    gone = writer.partition.state_of("a")
    writer.partition.evict(persisted_offset=1)
    load = stored([(gone, 0)])
    assert writer.partition.load(["a", "b", "c"], load) == 1
    assert load.asked == [["a", "c"]]
    assert writer.partition.state_of("a") == gone


def test_nothing_is_asked_of_postgres_while_everything_is_in_memory(writer: Writer) -> None:
    load = stored([])
    assert writer.partition.load(["a", "unknown"], load) == 0
    assert load.asked == []
    assert nothing_stored(0, ["a"]) == {}
