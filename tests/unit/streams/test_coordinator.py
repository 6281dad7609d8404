from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import errors
from aiokafka.consumer import consumer as client
from aiokafka.protocol.commit import OffsetFetchResponse_v3
from aiokafka.structs import TopicPartition

import streams.transport
from streams.coordinator import Coordinator

LOADING, NOT_COORDINATOR = 14, 16


@dataclass
class Broker:
    """Answers every request alike."""

    answer: Any

    async def send(self, node_id: int, request: Any, group: Any) -> Any:
        return self.answer


def coordinator(answer: Any) -> Any:
    made = Coordinator.__new__(Coordinator)
    made.__dict__ |= {"_client": Broker(answer), "coordinator_id": 1, "group_id": "g", "marked_dead": False}
    made.coordinator_dead = lambda: made.__dict__.update(marked_dead=True)
    return made


async def test_what_was_committed_is_read() -> None:
    asked = coordinator(OffsetFetchResponse_v3(0, [("t", [(0, 41, "", 0)])], 0))
    found = await asked._do_fetch_commit_offsets([TopicPartition("t", 0)])
    assert {place.partition: place_offset.offset for place, place_offset in found.items()} == {0: 41}


@pytest.mark.parametrize(
    ("code", "error"), [(LOADING, errors.GroupLoadInProgressError), (NOT_COORDINATOR, errors.NotCoordinatorError)]
)
async def test_a_broker_that_cannot_say_is_not_taken_to_say_that_nothing_was_committed(
    code: int, error: type[Exception]
) -> None:
    asked = coordinator(OffsetFetchResponse_v3(0, [], code))
    with pytest.raises(error) as raised:
        await asked._do_fetch_commit_offsets([TopicPartition("t", 0)])
    assert raised.value.retriable  # type: ignore[attr-defined]
    assert asked.marked_dead == (code == NOT_COORDINATOR)


def test_the_consumers_of_the_transport_have_it() -> None:
    assert streams.transport.SCHEME
    assert client.GroupCoordinator is Coordinator
