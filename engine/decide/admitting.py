"""What a gate tells a run: to begin, or that there is no place."""

from __future__ import annotations

from engine import commands as c
from engine import events as e
from engine.decide.faulting import end_by_error
from engine.decide.faults import BASE
from engine.decide.forks import take_up
from engine.decide.transition import Transition
from engine.errors import CommandRejected
from engine.paths import ROOT


def admit_run(transition: Transition) -> None:
    """The gate has a place for the run."""
    if transition.state.status != "queued":
        raise CommandRejected(f"the run is {transition.state.status}, not queued")
    transition.emit(e.RunAdmitted())
    if transition.state.forked_from is None:
        transition.then(ROOT)
    else:
        take_up(transition)


def refuse_run(transition: Transition, order: c.RefuseRun) -> None:
    """The gate has no place for the run."""
    if transition.state.status != "queued":
        raise CommandRejected(f"the run is {transition.state.status}, not queued")
    error = {"type": f"{BASE}runtime", "status": 429, "title": "Too Many Runs", "detail": order.reason}
    end_by_error(transition, ROOT, error)
