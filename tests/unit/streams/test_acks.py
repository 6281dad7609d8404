from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.acks import InOrder


@given(st.permutations(range(8)))
def test_the_offset_to_commit_is_behind_everything_that_is_done_without_a_gap(order: list[int]) -> None:
    acks = InOrder()
    for number in range(8):
        acks.take(number * 3)
    done: set[int] = set()
    for number in order:
        acks.finish(number * 3)
        done.add(number)
        leading = next((each for each in range(9) if each not in done), 8)
        assert acks.next_offset == ((leading - 1) * 3 + 1 if leading else None)
    assert len(acks) == 0


def test_it_says_whether_the_offset_moved() -> None:
    acks = InOrder()
    acks.take(4)
    acks.take(5)
    assert not acks.finish(5)
    assert acks.finish(4)
    assert acks.next_offset == 6


def test_offsets_are_taken_in_order() -> None:
    acks = InOrder()
    acks.take(4)
    with pytest.raises(ValueError, match="above 4, found 4"):
        acks.take(4)
