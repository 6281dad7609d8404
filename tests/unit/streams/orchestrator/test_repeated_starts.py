from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.ids import new_run_id
from engine.replay import new_state
from streams.orchestrator.partition import IDS_AHEAD_MS, Partition, from_beginning, from_watermark
from streams.orchestrator.runs import Runs, made_at_ms


@dataclass(frozen=True)
class Mark:
    offset: int = 10
    head: bytes = b""
    command_offset: int = 10


def id_made_at(at_ms: int, tail: str = "0001") -> str:
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-00000000{tail}"


def test_the_ids_that_the_api_makes_say_when_they_were_made() -> None:
    assert made_at_ms(id_made_at(1_700_000_000_123)) == 1_700_000_000_123
    assert made_at_ms(new_run_id()) is not None


@pytest.mark.parametrize(
    "run_id", ["order-17", "", "018f0000-0000-4000-8000-000000000001", "zzzzzzzz-zzzz-7000-8000-00"]
)
def test_other_ids_say_nothing(run_id: str) -> None:
    assert made_at_ms(run_id) is None


def test_after_a_take_over_only_ids_made_later_are_new_without_asking_postgres() -> None:
    partition = from_watermark(0, Mark(), Runs(limit=10))
    taken_over_ms = partition.known_since_ms - IDS_AHEAD_MS
    assert partition.may_be_stored(id_made_at(taken_over_ms - 3_600_000))
    assert partition.may_be_stored(id_made_at(taken_over_ms + IDS_AHEAD_MS - 1))
    assert not partition.may_be_stored(id_made_at(taken_over_ms + IDS_AHEAD_MS + 1))
    assert partition.may_be_stored("an id of the caller's own")


def test_a_run_that_left_memory_is_asked_for_however_long_ago_that_was() -> None:
    partition = from_beginning(0, Runs(limit=1))
    ids = [id_made_at(1_000_000 + number, f"{number:04}") for number in range(5)]
    for offset, run_id in enumerate(ids):
        put(partition, run_id, offset)
    partition.evict(persisted_offset=10)
    assert [partition.may_be_stored(run_id) for run_id in ids[:4]] == [True] * 4
    assert not partition.may_be_stored(id_made_at(2_000_000))


def put(partition: Partition, run_id: str, offset: int) -> None:
    partition.runs.put(run_id, new_state(run_id), offset)
