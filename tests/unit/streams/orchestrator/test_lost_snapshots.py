"""A Postgres that was emptied under a working orchestrator must not make old runs look like new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from engine.replay import new_state
from engine.snapshot import dump
from streams.metrics import Metrics
from streams.orchestrator.partition import SnapshotsAway
from streams.orchestrator.store import Partitions


@dataclass
class Mark:
    """A watermark."""

    offset: int
    head: bytes = b""
    command_offset: int = -1


@dataclass
class Stored:
    """A run in Postgres."""

    run_id: str
    offset: int
    state: str


@dataclass
class Tables:
    """What is in Postgres."""

    mark: Mark | None
    runs: dict[str, Stored] = field(default_factory=dict)

    def watermark(self, partition: int) -> Mark | None:
        """Give how far it has come."""
        return self.mark

    def load_runs(self, partition: int, run_ids: Sequence[str]) -> Mapping[str, Stored]:
        """Give what is known."""
        return {run_id: self.runs[run_id] for run_id in run_ids if run_id in self.runs}

    def timers_due(self, partition: int, until_ms: int) -> list[object]:
        """Give none."""
        return []

    def close(self) -> None:
        """Do nothing."""


def partitions(tables: Tables) -> Partitions:
    """Give the partitions of an orchestrator."""
    return Partitions(tables, 1, Metrics("test"))  # type: ignore[arg-type]


def test_a_run_that_postgres_does_not_know_is_new_while_postgres_holds_what_was_left_to_it() -> None:
    tables = Tables(Mark(9), {"old": Stored("old", 5, dump(new_state("old")))})
    found = partitions(tables)
    assert found.open(0).load(["old", "new"], found.loader) == 1


@pytest.mark.parametrize("mark", [None, Mark(3)])
def test_a_postgres_that_is_being_built_anew_is_not_believed(mark: Mark | None) -> None:
    tables = Tables(Mark(9))
    found = partitions(tables)
    partition = found.open(0)
    tables.mark = mark
    with pytest.raises(SnapshotsAway, match="up to offset 9"):
        partition.load(["old"], found.loader)


def test_runs_that_left_memory_are_remembered_to_be_in_postgres() -> None:
    tables = Tables(None)
    found = partitions(tables)
    partition = found.open(0)
    for offset, run_id in enumerate(("a", "b", "c")):
        partition.runs.put(run_id, new_state(run_id), offset)
    assert partition.evict(2) == 2
    with pytest.raises(SnapshotsAway, match="up to offset 2"):
        partition.load(["a"], found.loader)
