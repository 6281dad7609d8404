"""What was decided once is decided the same again, from the log alone."""

from __future__ import annotations

import random

import pytest

from engine.rehearsing import rehearse
from tests.simulation.documents import random_document
from tests.simulation.driver import Driver
from tests.simulation.forks import forked, moments, started, state_at


@pytest.mark.parametrize("chunk", range(0, 60, 20))
def test_the_history_of_every_random_run_is_decided_the_same_again(chunk: int) -> None:
    for seed in range(chunk + 1, chunk + 21):
        rng = random.Random(seed)
        driver = Driver(rng=rng, document=random_document(rng))
        driver.run()
        for run_id in driver.journal.states:
            if ":" in run_id:
                continue
            found = rehearse(run_id, driver.journal.history(run_id), driver.journal.world)
            assert found.verdict == "identical", f"seed {seed}: {found}"


def test_the_history_of_a_fork_is_decided_the_same_again() -> None:
    for seed in (3, 5, 8):
        run = started(random_document(random.Random(seed)), "run-one")
        at = moments(run)[len(moments(run)) // 2][1]
        if state_at(run, at).status == "running":
            fork = forked(run, at, "run-two")
            found = rehearse("run-two", fork.journal.history("run-two"), fork.journal.world)
            assert found.verdict == "identical", f"seed {seed}: {found}"
