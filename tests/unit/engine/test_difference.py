from __future__ import annotations

from typing import Any

import pytest

from engine.difference import changes, readable
from engine.state import RunState, Task


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True, "was": 1}]),
        ({"a/b": 1}, {"a~b": 1}, [
            {"op": "remove", "path": "/a~1b", "was": 1}, {"op": "add", "path": "/a~0b", "value": 1},
        ]),
        ({"a": [1, 2, 3]}, {"a": [1]}, [
            {"op": "remove", "path": "/a/2", "was": 3}, {"op": "remove", "path": "/a/1", "was": 2},
        ]),
        ({"a": [1]}, {"a": [2, {}]}, [
            {"op": "replace", "path": "/a/0", "value": 2, "was": 1}, {"op": "add", "path": "/a/1", "value": {}},
        ]),
        ({"a": {}}, {"a": []}, [{"op": "replace", "path": "/a", "value": [], "was": {}}]),
        (None, {"a": 1}, [{"op": "replace", "path": "", "value": {"a": 1}, "was": None}]),
    ],
)  # fmt: skip
def test_changes_are_those_of_json_patch_with_what_was_there(
    before: Any, after: Any, expected: list[dict[str, Any]]
) -> None:
    assert [change.plain() for change in changes(before, after)] == expected


def test_payloads_are_compared_as_values() -> None:
    before = RunState(run_id="r", seq=1, input='{"a":{"b":1}}', context='{"x":[1,2]}')
    after = RunState(run_id="r", seq=2, input='{"a": {"b":2}}', context='{"x":[1, 2]}')
    after.tasks["/do/0/t"] = Task(
        path="/do/0/t", parent="/do", kind="for", raw_input="{}", input="{}", started_at_ms=5, results={0: '{"n": 7}'}
    )
    found = {change.path: change for change in changes(readable(before), readable(after))}
    assert set(found) == {"/seq", "/input/a/b", "/tasks"}
    assert found["/tasks"].value["/do/0/t"]["results"] == {"0": {"n": 7}}


def test_text_that_is_no_json_stays_text() -> None:
    assert readable(RunState(run_id="r", error="it broke"))["error"] == "it broke"
