from __future__ import annotations

import json

import pytest
from hypothesis import given

from engine.depth import is_deeper
from tests.unit.expressions.programs import values


@pytest.mark.parametrize(
    ("text", "depth"),
    [("1", 0), ("[]", 1), ('{"a":[1,{}]}', 3), ('"[[["', 0), ('["\\"[[", [[]], "]"]', 3), ('{"[":{"\\\\":[]}}', 3)],
)
def test_the_depth_of_brackets_outside_of_strings_counts(text: str, depth: int) -> None:
    assert not is_deeper(text, depth)
    assert depth == 0 or is_deeper(text, depth - 1)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(values())
def test_the_depth_is_that_of_the_value(text: str) -> None:
    depth = depth_of(json.loads(text))
    assert not is_deeper(text, depth)
    assert depth == 0 or is_deeper(text, depth - 1)
