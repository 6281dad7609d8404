"""Random workflows, as others are told of them."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from engine import events as e
from engine.lifecycle import lifecycle_of
from engine.snapshot import dump
from engine.state import RunState
from tests.simulation.documents import random_document
from tests.simulation.driver import Driver

ENDS = {"task.completed", "task.faulted", "task.cancelled"}


@pytest.mark.parametrize("chunk", range(0, 100, 25))
def test_whatever_was_told_to_have_started_is_told_to_have_ended(chunk: int) -> None:
    for seed in range(chunk + 1, chunk + 26):
        rng = random.Random(seed)
        driver = Driver(rng=rng, document=random_document(rng))
        driver.run()
        history = driver.journal.history("run")
        state = RunState(run_id="run")
        told = [each for commit in history for each in lifecycle_of(state, commit)]
        assert dump(state) == dump(driver.journal.states["run"]), seed
        assert len({json.loads(each.event)["id"] for each in told}) == len(told), seed
        if not any(isinstance(event, e.RunReopened) for commit in history for event in commit.events):
            tasks = [(each.kind, json.loads(each.event)["data"]["task"]) for each in told if each.kind[0] == "t"]
            begun = Counter(task for kind, task in tasks if kind == "task.started")
            assert Counter(task for kind, task in tasks if kind in ENDS) == begun, seed
