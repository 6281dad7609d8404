"""A fork after any event of a random run ends as the run itself did, in a world that answers both the same."""

from __future__ import annotations

import random

import pytest

from engine.replay import replay
from engine.snapshot import dump
from engine.state import FINAL
from tests.simulation.documents import random_document
from tests.simulation.forks import Calm, ended, forked, moments, started, state_at

SEEDS, CHUNK = 32, 8


def runs(first: int) -> list[tuple[int, Calm]]:
    """Give runs that end the same in whatever order their work is done."""
    found = []
    for seed in range(first, first + CHUNK):
        document = random_document(random.Random(seed))
        # Which branch wins a race depends on when each of them is asked.
        if "'compete': True" in str(document):
            continue
        run = started(document, "run-one")
        if ended(run) == ended(started(document, "run-one", is_hasty=True)):
            found.append((seed, run))
    return found


@pytest.mark.parametrize("first", range(1, SEEDS, CHUNK))
def test_a_fork_at_every_event_ends_as_the_run_it_is_of(first: int) -> None:
    for seed, run in runs(first):
        for number, at in moments(run):
            if state_at(run, at).status in FINAL:
                continue
            fork = forked(run, at, "run-two")
            where = f"seed {seed}, event {number}"
            assert ended(fork) == ended(run, at), where
            assert dump(replay("run-two", fork.journal.history("run-two"))) == dump(fork.state), where


@pytest.mark.parametrize("first", range(101, 101 + SEEDS // 2, CHUNK))
def test_a_fork_of_a_fork_ends_as_the_run_it_is_of(first: int) -> None:
    for seed, run in runs(first):
        choices = [at for _, at in moments(run) if state_at(run, at).status not in FINAL]
        fork = forked(run, random.Random(seed).choice(choices), "run-two")
        for number, at in moments(fork)[:20]:
            if state_at(fork, at).status not in FINAL:
                assert ended(forked(fork, at, "run-three")).status == run.state.status, f"seed {seed}, event {number}"
