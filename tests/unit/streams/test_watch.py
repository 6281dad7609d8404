from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from infra.errors import Unreachable
from infra.kafka import KafkaConnection
from streams.metrics import Metrics
from streams.watch import EXIT_CODE, ProgressWatch


@dataclass(slots=True, kw_only=True)
class WatchOfAFakeBroker(ProgressWatch):
    """Asks a broker that says what it is told to say."""

    lag: dict[int, int] = field(default_factory=lambda: {0: 5, 1: 10})
    is_away: bool = False

    def _lag(self, partitions: set[int]) -> Mapping[int, int]:
        if self.is_away:
            raise Unreachable("away")
        return {number: self.lag[number] for number in partitions}


@pytest.fixture
def ended() -> list[int]:
    return []


@pytest.fixture
def watching(ended: list[int]) -> WatchOfAFakeBroker:
    return WatchOfAFakeBroker(
        connection=KafkaConnection(bootstrap_servers="127.0.0.1:1"),
        group="g",
        topic="t",
        metrics=Metrics("test"),
        assigned=lambda: {0, 1},
        stalled_after_s=60,
        give_up=ended.append,
    )


def age(watching: ProgressWatch, seconds: float) -> None:
    watching.metrics.progress.at -= seconds


async def test_work_and_none_done_for_too_long_ends_the_process(watching: WatchOfAFakeBroker, ended: list[int]) -> None:
    age(watching, 61)
    await watching.look()
    assert ended == [EXIT_CODE]


async def test_a_process_that_does_something_lives(watching: WatchOfAFakeBroker, ended: list[int]) -> None:
    age(watching, 30)
    await watching.look()
    assert ended == []


async def test_a_process_without_work_lives(watching: WatchOfAFakeBroker, ended: list[int]) -> None:
    watching.lag = {0: 0, 1: 0}
    age(watching, 1000)
    await watching.look()
    assert ended == []
    assert watching.metrics.progress.age_s < 10


async def test_a_process_whose_broker_is_away_lives(watching: WatchOfAFakeBroker, ended: list[int]) -> None:
    watching.is_away = True
    age(watching, 1000)
    await watching.look()
    assert ended == []


async def test_the_lag_is_measured_by_partition(watching: WatchOfAFakeBroker) -> None:
    await watching.look()
    assert b'agentos_lag_records{partition="0"} 5.0' in watching.metrics.page()
    assert b'agentos_lag_records{partition="1"} 10.0' in watching.metrics.page()
