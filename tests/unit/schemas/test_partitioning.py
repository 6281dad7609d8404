from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from schemas.partitioning import murmur2, partition_of


@given(st.binary(max_size=100))
def test_keys_are_hashed_as_kafka_clients_hash_them(key: bytes) -> None:
    assert murmur2(key) == reference(key) & 0xFFFFFFFF


@pytest.mark.parametrize("partitions", [1, 3, 4, 64])
def test_a_key_lies_in_one_of_the_partitions(partitions: int) -> None:
    assert {partition_of(f"run-{number}".encode(), partitions) for number in range(1000)} == set(range(partitions))
