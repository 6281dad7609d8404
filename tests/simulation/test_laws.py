"""Random workflows in a hostile world: the laws hold after every step, and every run comes to its end."""

from __future__ import annotations

import os
import random

import pytest

from engine import events as e
from engine.state import FINAL
from tests.simulation.documents import random_document
from tests.simulation.driver import Driver, terminal_events

#: How many documents are played, and from which seed: `AGENTOS_SEEDS=100000 AGENTOS_SEED=7 pytest tests/simulation`.
COUNT = int(os.environ.get("AGENTOS_SEEDS", "400"))
FIRST = int(os.environ.get("AGENTOS_SEED", "1"))
CHUNK = 50


@pytest.mark.parametrize("chunk", range(0, COUNT, CHUNK))
def test_every_random_workflow_obeys_the_laws_and_ends(chunk: int) -> None:
    """Replay equals live state after every step, in any order of results; the seed of a failure is printed."""
    for seed in range(FIRST + chunk, FIRST + min(chunk + CHUNK, COUNT)):
        rng = random.Random(seed)
        driver = Driver(rng=rng, document=random_document(rng))
        try:
            state = driver.run()
            assert state.status in FINAL, f"the run came to rest as {state.status}: {sorted(state.tasks)}"
            ends = terminal_events(driver.journal, "run")
            reopened = [ev for c in driver.journal.history("run") for ev in c.events if isinstance(ev, e.RunReopened)]
            assert len(ends) == 1 + len(reopened), "a run has one terminal event for each time it was opened"
        except Exception as error:
            error.add_note(f"seed {seed}: AGENTOS_SEED={seed} AGENTOS_SEEDS=1 pytest tests/simulation")
            raise
