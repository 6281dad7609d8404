from __future__ import annotations

import signal

import pytest

from infra.errors import InvalidSettings
from streams.failpoints import FailPoints, fail_points


def test_nothing_is_armed_unless_the_environment_says_so() -> None:
    assert fail_points({}) == FailPoints()
    fail_points({}).reach("after_react_before_ack")


def test_a_place_is_armed_with_the_pass_and_what_happens_there() -> None:
    armed = fail_points({"AGENTOS_FAILPOINT": "after_check_before_react:3:stop"})
    assert armed == FailPoints(name="after_check_before_react", passes_left=3, action=signal.SIGSTOP)
    assert fail_points({"AGENTOS_FAILPOINT": "after_check_before_react"}).passes_left == 1


def test_other_places_and_earlier_passes_let_the_process_live() -> None:
    armed = fail_points({"AGENTOS_FAILPOINT": "after_check_before_react:3"})
    armed.reach("after_react_before_ack")
    armed.reach("after_check_before_react")
    armed.reach("after_check_before_react")
    assert armed.passes_left == 1


@pytest.mark.parametrize("value", ["nowhere", "after_react_before_ack:often", "after_react_before_ack:1:dance"])
def test_what_is_no_place_or_no_action_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettings, match="expected one of"):
        fail_points({"AGENTOS_FAILPOINT": value})
